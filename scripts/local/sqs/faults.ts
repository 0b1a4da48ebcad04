/** The refusals of SQS: how each is named on the wire in JSON, and its older code in the header that the SDKs still read. */
const FAULTS = {
  QueueDoesNotExist: {
    type: "com.amazonaws.sqs#QueueDoesNotExist",
    code: "AWS.SimpleQueueService.NonExistentQueue",
    status: 400,
  },
  QueueNameExists: { type: "com.amazonaws.sqs#QueueNameExists", code: "QueueAlreadyExists", status: 400 },
  ReceiptHandleIsInvalid: {
    type: "com.amazonaws.sqs#ReceiptHandleIsInvalid",
    code: "ReceiptHandleIsInvalid",
    status: 404,
  },
  MessageNotInflight: {
    type: "com.amazonaws.sqs#MessageNotInflight",
    code: "AWS.SimpleQueueService.MessageNotInflight",
    status: 400,
  },
  InvalidMessageContents: {
    type: "com.amazonaws.sqs#InvalidMessageContents",
    code: "InvalidMessageContents",
    status: 400,
  },
  InvalidAttributeName: {
    type: "com.amazonaws.sqs#InvalidAttributeName",
    code: "InvalidAttributeName",
    status: 400,
  },
  InvalidAttributeValue: {
    type: "com.amazonaws.sqs#InvalidAttributeValue",
    code: "InvalidAttributeValue",
    status: 400,
  },
  EmptyBatchRequest: {
    type: "com.amazonaws.sqs#EmptyBatchRequest",
    code: "AWS.SimpleQueueService.EmptyBatchRequest",
    status: 400,
  },
  TooManyEntriesInBatchRequest: {
    type: "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
    code: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    status: 400,
  },
  BatchEntryIdsNotDistinct: {
    type: "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
    code: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    status: 400,
  },
  InvalidBatchEntryId: {
    type: "com.amazonaws.sqs#InvalidBatchEntryId",
    code: "AWS.SimpleQueueService.InvalidBatchEntryId",
    status: 400,
  },
  BatchRequestTooLong: {
    type: "com.amazonaws.sqs#BatchRequestTooLong",
    code: "AWS.SimpleQueueService.BatchRequestTooLong",
    status: 400,
  },
  InvalidParameterValue: {
    type: "com.amazon.coral.service#InvalidParameterValueException",
    code: "InvalidParameterValue",
    status: 400,
  },
  MissingParameter: {
    type: "com.amazon.coral.service#MissingRequiredParameterException",
    code: "MissingParameter",
    status: 400,
  },
  InvalidAction: {
    type: "com.amazon.coral.service#UnknownOperationException",
    code: "InvalidAction",
    status: 400,
  },
  Serialization: {
    type: "com.amazon.coral.service#SerializationException",
    code: "MalformedInput",
    status: 400,
  },
  RequestTooLarge: {
    type: "com.amazon.coral.service#RequestEntityTooLargeException",
    code: "RequestEntityTooLarge",
    status: 413,
  },
  InternalError: { type: "com.amazon.coral.service#InternalFailure", code: "InternalError", status: 500 },
  ServiceUnavailable: {
    type: "com.amazon.coral.service#ServiceUnavailable",
    code: "ServiceUnavailable",
    status: 503,
  },
} as const satisfies {
  readonly [name: string]: { readonly type: string; readonly code: string; readonly status: number };
};

type FaultName = keyof typeof FAULTS;

export class SqsFault extends Error {
  override readonly name: string = "SqsFault";
  readonly type: string;
  readonly code: string;
  readonly status: number;

  constructor(fault: FaultName, message: string) {
    super(message);
    this.type = FAULTS[fault].type;
    this.code = FAULTS[fault].code;
    this.status = FAULTS[fault].status;
  }

  get senderFault(): boolean {
    return this.status < 500;
  }
}

export function invalidParameter(name: string, value: unknown, reason: string): SqsFault {
  return new SqsFault(
    "InvalidParameterValue",
    `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}
