import { collectorBinary } from './cached-tools.js'

console.log(await collectorBinary())
