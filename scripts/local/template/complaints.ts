import { Refusal } from '../../console/refusal.ts'

/** Where in the synthesised app something stands that this local cloud does not know. */
export interface Place {
  readonly stack: string
  readonly logicalId: string
  /** `Cors.Rules[0].Foo`; empty for the resource itself. */
  readonly property: string
}

export interface Complaint extends Place {
  readonly problem: string
}

/** The template asks for things that would silently not happen here. Carries every complaint, not only the first. */
export class TemplateRefused extends Refusal {
  override readonly name = 'TemplateRefused'
  readonly complaints: readonly Complaint[]

  constructor(complaints: readonly Complaint[]) {
    const lines = complaints.map((complaint) => `  ${describePlace(complaint)}: ${complaint.problem}`)
    super(
      `The local cloud cannot run the synthesised template as it stands:\n${lines.join('\n')}\n` +
        'Teach it in scripts/local/template, or, if it makes no difference on one machine, list it there as harmless ' +
        'with the reason.',
    )
    this.complaints = complaints
  }
}

function describePlace(place: Place): string {
  return [place.stack, place.logicalId, place.property].filter((part) => part !== '').join(' › ')
}
