import './.app/server.mjs'
