export class UnknownQueue extends Error {
  override readonly name = 'UnknownQueue'

  constructor(queueName: string) {
    super(`There is no queue ${queueName}; queues come from the template.`)
  }
}
