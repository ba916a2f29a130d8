import type { DoctorCommand } from '../command-line.js'

export async function doctor(_command: DoctorCommand): Promise<number> {
  return 1
}
