// Runs in CloudFront on every attempt to sign in: guesses are counted for whoever makes them, and API Gateway sees an edge of
// CloudFront only. It replaces whatever the viewer calls itself. The origin adds a secret, so nobody else can say this.
// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  const request = event.request
  request.headers['x-glowworm-viewer'] = { value: event.viewer.ip }
  return request
}
