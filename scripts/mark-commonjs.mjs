// Part of each package's build, in the folder of the package. Marks dist/cjs as CommonJS, because the package is a module.
import { writeFileSync } from 'node:fs'

writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
