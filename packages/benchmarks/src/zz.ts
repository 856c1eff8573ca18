import { bundles } from "./bundles.ts"
const [p] = await bundles(["aywa"])
console.log(p?.esbuild.gzip)
