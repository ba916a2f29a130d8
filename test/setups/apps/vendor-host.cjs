// Loaded with --require: public-looking names of the test lead to this machine.
const dns = require('node:dns')

const { lookup } = dns
dns.lookup = (host, ...rest) => lookup(host.endsWith('.test') ? '127.0.0.1' : host, ...rest)
