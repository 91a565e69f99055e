/** Resource types that make no difference on one machine, each with the reason. */
const harmlessTypes: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Deployment': 'every change is live at once',
  'AWS::Budgets::Budget': 'this machine sends no bill',
  'AWS::CDK::Metadata': 'statistics of the CDK',
  'AWS::CloudFront::CachePolicy': 'nothing is cached between this front door and its origins',
  'AWS::CloudFront::OriginAccessControl': 'the front door reads the buckets directly',
  'AWS::CloudFront::OriginRequestPolicy': 'origins get every header that the viewer sent',
  'AWS::CloudWatch::Alarm': 'nobody is on call for a developer machine',
  'AWS::CloudWatch::CompositeAlarm': 'nobody is on call for a developer machine',
  'AWS::CloudWatch::Dashboard': 'the log file and the activity page show the same',
  'AWS::IAM::ManagedPolicy': 'every caller here is the developer',
  'AWS::IAM::Policy': 'every caller here is the developer',
  'AWS::IAM::Role': 'every caller here is the developer',
  'AWS::Lambda::Permission': 'every caller here is the developer',
  'AWS::Logs::LogGroup': 'each function has a log file of its own, which nobody deletes',
  'AWS::Logs::MetricFilter': 'nobody scrapes metrics',
  'AWS::Logs::ResourcePolicy': 'every caller here is the developer',
  'AWS::S3::BucketPolicy': 'every caller here is the developer',
  'AWS::SecretsManager::Secret': 'a secret is made of its name, wherever a template refers to it',
  'AWS::SNS::TopicPolicy': 'every caller here is the developer',
  'AWS::SQS::QueuePolicy': 'every caller here is the developer',
}

export function isHarmlessType(type: string): boolean {
  return Object.hasOwn(harmlessTypes, type)
}
