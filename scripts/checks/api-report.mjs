// Compares the public API of every entry point with its report in packages/<name>/api/. Fails on a difference.
// `npm run api-report:update` writes the reports.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const update = process.argv.includes('--update')
let changed = 0

for (const name of ['web-propagator', 'node-span-processor']) {
  const folder = resolve('packages', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (entry === './package.json') continue
    const report = entry === '.' ? 'index' : entry.slice(2)
    mkdirSync(join(folder, 'api'), { recursive: true })
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: join(folder, target.import.types),
        compiler: { tsconfigFilePath: join(folder, 'tsconfig.esm.json') },
        apiReport: {
          enabled: true,
          reportFileName: report,
          reportFolder: join(folder, 'api'),
          reportTempFolder: join(folder, 'temp'),
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.Warning },
            'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
            // The rule also covers members whose names say enough.
            'ae-undocumented': { logLevel: ExtractorLogLevel.None },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, 'package.json'),
    })
    const isNew = !existsSync(config.reportFilePath)
    const result = Extractor.invoke(config, {
      localBuild: update,
      messageCallback: (message) => {
        if (message.logLevel === ExtractorLogLevel.Verbose || message.messageId === 'console-preamble') {
          message.handled = true
        }
      },
    })
    const failed = !result.succeeded || (!update && (result.apiReportChanged || isNew))
    if (failed) changed++
    console.log(`${failed ? 'CHANGED' : update ? 'recorded' : 'same'}  ${manifest.name}${entry.slice(1)}`)
  }
}

if (changed > 0) {
  console.error(
    `${changed} entry points differ from their API report. If that is intended: npm run api-report:update`,
  )
  process.exit(1)
}
