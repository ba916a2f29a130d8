// Run by each package's build script in its own folder: files under dist/cjs are CommonJS although the package is "type": "module".
import { writeFileSync } from 'node:fs'

writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
