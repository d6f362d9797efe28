// CloudFront's module "cloudfront", as far as functions read a key-value store with it; null is no store.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-custom-methods.html
(store) => ({
  kvs() {
    if (store === null) throw new Error("KvsNotAssociated: the function has no key-value store");
    const pairs = new Map(Object.entries(store));
    return {
      async get(key, options) {
        if (!pairs.has(key)) throw new Error(`KeyNotFound: ${key}`);
        const value = pairs.get(key);
        switch ((options && options.format) || "string") {
          case "string": return value;
          case "json": return JSON.parse(value);
          case "bytes": return Buffer.from(value);
          default: throw new Error(`InvalidFormat: ${options.format}`);
        }
      },
      async exists(key) { return pairs.has(key); },
      async count() { return pairs.size; },
      async meta() {
        const now = new Date().toISOString();
        return { creationDateTime: now, lastUpdatedDateTime: now, keyCount: pairs.size };
      },
    };
  },
})
