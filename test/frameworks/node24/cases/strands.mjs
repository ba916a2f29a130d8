import { strandsScenarios } from '../strands-scenarios.mjs'

export const name = 'Strands Agents'
export const packages = ['@strands-agents/sdk']
export const scenarios = strandsScenarios
