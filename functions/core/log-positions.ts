/**
 * An event gets its position in the log when it arrives there, by the clock of whoever writes it. Several write at the
 * same time, so the order of positions is not quite that in which clients hear of them:
 *
 *     writer A   position 1 --- write --------------- tell its clients
 *     writer B         position 2 --- write --- tell its clients
 *
 * A client may know position 2 and not yet 1. So a replay begins a little before the position that the client knows; and
 * so that a little is enough, an event that takes longer to be told gets a second, later position.
 */

/** From the making of a position until everybody has been told, in milliseconds. */
export const longestSpreadMs = 5_000

/** Much more than the clocks of functions differ by. */
const clockDifferenceMs = 5_000

/** How much before a known position an event may stand that its client has not heard of. */
export const replayOverlapMs = longestSpreadMs + clockDifferenceMs
