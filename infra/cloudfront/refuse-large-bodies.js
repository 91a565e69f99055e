// Runs in CloudFront on every request for the API. What does not fit into a call of a function, API Gateway refuses in
// words of its own, which it cannot be taught; so it is refused here, in the words of the API. A body without a declared
// length still goes on, and gets API Gateway's.

// A call takes 6 MiB, and bytes travel in it as base64, beside headers of up to 40 KB.
const largest = 4650000

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  const request = event.request
  const length = request.headers['content-length']
  const size = length ? Number(length.value) : 0
  if (!(size > largest)) return request
  return {
    statusCode: 413,
    statusDescription: 'Content Too Large',
    headers: {
      'content-type': { value: 'application/json' },
      'cache-control': { value: 'no-store' },
      'x-content-type-options': { value: 'nosniff' },
    },
    body: {
      encoding: 'text',
      data: JSON.stringify({
        error: {
          code: 'payload_too_large',
          message: `A body of ${size} bytes does not fit through the API. Begin the upload with POST /api/uploads, which takes larger files.`,
          details: { size, next: 'POST /api/uploads' },
        },
        request_id: event.context.requestId,
      }),
    },
  }
}
