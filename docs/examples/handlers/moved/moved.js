import cf from "cloudfront";

const pages = cf.kvs();

// A page that has moved is answered at once; a folder is its index.html.
async function handler(event) {
  const request = event.request;
  if (await pages.exists(request.uri)) {
    const page = await pages.get(request.uri);
    return { statusCode: 301, statusDescription: "Moved Permanently", headers: { location: { value: page } } };
  }
  if (request.uri.endsWith("/")) {
    request.uri += "index.html";
  }
  return request;
}
