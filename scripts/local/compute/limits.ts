/** Of a synchronous invocation's payload, in bytes, as on AWS. */
export const synchronousPayloadLimit = 6 * 1024 * 1024

/** Of an asynchronous invocation's payload, in bytes, as on AWS since October 2025 (256 KB before). */
export const asynchronousPayloadLimit = 1024 * 1024

/** Of an answer, in bytes; Lambda grants a hundred more than to the request. */
export const responsePayloadLimit = synchronousPayloadLimit + 100
