/**
 * Side effect only: {@link bridgeDdTrace} with its defaults.
 *
 * ```sh
 * node --import @rum-llmobs/node-span-processor/register app.js
 * ```
 *
 * @packageDocumentation
 */
import { bridgeDdTrace } from './dd-trace/index.js'

bridgeDdTrace()
