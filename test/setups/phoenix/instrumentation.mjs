import { register } from '@arizeai/phoenix-otel'

register({ projectName: 'shop', url: process.env.PHOENIX_COLLECTOR_ENDPOINT })
