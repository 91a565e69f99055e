// Runs in CloudFront on every request for the site. The site is one page: a path whose last part has no extension is
// one of its views, so it gets that page; everything else is a file and must exist.
// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  const request = event.request
  const lastPart = request.uri.slice(request.uri.lastIndexOf('/') + 1)
  if (!lastPart.includes('.')) request.uri = '/index.html'
  return request
}
