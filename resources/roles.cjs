/**
 * One IAM role per kind of access. A line here is the whole truth about what a kind of function may do with which table and queue;
 * transactions need the rights of the writes inside them, and nothing else.
 */
const { markets } = require("./markets.json");

const READ = ["GetItem", "BatchGetItem", "Query"];
const SCAN = ["Scan"];
const WRITE = ["PutItem", "UpdateItem", "ConditionCheckItem"];
const DELETE = ["DeleteItem"];
/** What clients have named: looked up, claimed, forgotten. */
const RECORDS = ["GetItem", "BatchGetItem", "UpdateItem", "DeleteItem"];
const SEND = ["SendMessage"];
const DEPTH = ["GetQueueAttributes"];
const CONSUME = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"];

/** Whoever calls with a token is looked up: the session may have ended, the account may be frozen. */
const SIGNED_IN = { Users: READ };
/** Deeds of users and admins leave a record; records are added, never changed. */
const AUDITED = { Audit: ["PutItem"] };

const KINDS = {
  Docs: {},
  // An order book is the projected depth, brought up to date by the journal's newest entries.
  MarketReaders: { tables: { MarketData: READ, Journal: ["Query"] } },
  Accounts: { tables: { Users: [...READ, ...WRITE, ...DELETE], Requests: RECORDS, ...AUDITED } },
  Signers: { tables: { Users: [...READ, ...WRITE, ...DELETE], ...AUDITED }, privateKey: true },
  TradingReaders: { tables: { ...SIGNED_IN, Orders: READ, MarketData: READ } },
  Traders: {
    tables: {
      ...SIGNED_IN,
      Orders: [...READ, ...WRITE],
      Wallets: [...READ, ...WRITE],
      Requests: RECORDS,
      MarketData: READ,
    },
    markets: SEND,
  },
  WalletReaders: { tables: { ...SIGNED_IN, Wallets: READ } },
  Wallets: {
    tables: {
      ...SIGNED_IN,
      Wallets: [...READ, ...WRITE],
      Requests: RECORDS,
      ...AUDITED,
    },
  },
  AdminReaders: {
    tables: {
      Users: [...READ, ...SCAN],
      Wallets: [...READ, ...SCAN],
      Orders: [...READ, ...SCAN],
      Journal: READ,
      MarketData: READ,
      Audit: [...READ, ...SCAN],
    },
    markets: DEPTH,
    failures: DEPTH,
  },
  Treasurers: {
    tables: {
      ...SIGNED_IN,
      Wallets: [...READ, ...WRITE],
      Requests: RECORDS,
      ...AUDITED,
    },
  },
  Supervisors: {
    tables: {
      Users: [...READ, ...WRITE, ...DELETE],
      Wallets: ["UpdateItem"],
      MarketData: ["UpdateItem"],
      Requests: RECORDS,
      ...AUDITED,
    },
    markets: SEND,
  },
  Matcher: {
    tables: {
      // A recovery that runs out of time saves a snapshot.
      Journal: ["GetItem", "Query", "PutItem", "BatchWriteItem", "DeleteItem"],
      Orders: ["UpdateItem"],
      Wallets: ["UpdateItem"],
      MarketData: ["UpdateItem"],
    },
    markets: CONSUME,
  },
  Projector: {
    tables: {
      Journal: ["GetItem", "Query", "BatchWriteItem", "DeleteItem"],
      MarketData: ["GetItem", "UpdateItem", "BatchWriteItem"],
    },
    stream: true,
    failures: SEND,
  },
  Sweeper: {
    tables: {
      Orders: ["GetItem", "Scan", "UpdateItem"],
      Wallets: ["UpdateItem"],
      Requests: ["UpdateItem"],
    },
  },
};

function allow(service, actions, resources) {
  return {
    Effect: "Allow",
    Action: [...new Set(actions)].map((action) => `${service}:${action}`),
    Resource: resources,
  };
}

function tableStatements(tables) {
  return Object.entries(tables).map(([table, actions]) => {
    const arn = { "Fn::GetAtt": [`${table}Table`, "Arn"] };
    const indexes = { "Fn::Sub": `\${${table}Table.Arn}/index/*` };
    const readsIndexes = actions.includes("Query") || actions.includes("Scan");
    return allow("dynamodb", actions, readsIndexes ? [arn, indexes] : [arn]);
  });
}

const NAMES = `\${self:service}-\${sls:stage}`;
const MARKET_QUEUES = markets.map(({ market }) => ({
  "Fn::Sub": `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${NAMES}-${market}.fifo`,
}));
const LOG_GROUPS = {
  "Fn::Sub": `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${NAMES}-*:*`,
};
const PRIVATE_KEY = {
  "Fn::Sub": `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/\${self:service}/\${sls:stage}/jwt-private-key`,
};

function statements(kind) {
  const list = [
    allow("logs", ["CreateLogStream", "PutLogEvents"], [LOG_GROUPS]),
    ...tableStatements(kind.tables ?? {}),
  ];
  if (kind.markets) list.push(allow("sqs", kind.markets, MARKET_QUEUES));
  if (kind.failures)
    list.push(allow("sqs", kind.failures, [{ "Fn::GetAtt": ["ProjectorFailuresQueue", "Arn"] }]));
  if (kind.privateKey) list.push(allow("ssm", ["GetParameter"], [PRIVATE_KEY]));
  if (kind.stream) {
    const stream = { "Fn::GetAtt": ["JournalTable", "StreamArn"] };
    list.push(
      allow("dynamodb", ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"], [stream]),
    );
  }
  return list;
}

function role(kind) {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
        ],
      },
      Policies: [
        { PolicyName: "access", PolicyDocument: { Version: "2012-10-17", Statement: statements(kind) } },
      ],
    },
  };
}

module.exports.roles = {
  Resources: Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [`${name}Role`, role(kind)])),
};
