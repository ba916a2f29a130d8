import type { Reason } from '../telemetry.js'

/**
 * Why a session is known from spans alone.
 *
 * @param reported how many sessions RUM has reported here
 */
export function notInRum(traces: number, reported: number): Reason {
  const others = reported
    ? `RUM has reported ${reported} others, so a framework may have made this id up.`
    : 'RUM has reported no session here at all.'
  return {
    code: 'not-in-rum',
    found: `${traces === 1 ? 'One trace carries' : `${traces} traces carry`} this session, and RUM has not reported it. ${others}`,
    mend: 'Give datadogRum.init the option proxy that the viewer prints at its start; RUM sends within 30 seconds. Where RUM sends to Datadog, the session is there.',
  }
}
