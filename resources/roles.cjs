/**
 * One IAM role per kind of access. A line here is the whole truth about what a kind of function may do with which table and queue;
 * transactions need the rights of the writes inside them, and nothing else.
 */
const { arn, indexArn, JOURNAL_STREAM, NAMES, queueArn, tableArn } = require("./arns.cjs");
const { markets } = require("./markets.json");

const GET = ["GetItem", "BatchGetItem"];
const READ = [...GET, "Query"];
const SCAN = ["Scan"];
const WRITE = ["PutItem", "UpdateItem"];
const ADD = ["PutItem"];
const CHANGE = ["UpdateItem"];
const PROJECT = ["BatchWriteItem", "PutItem", "UpdateItem"];
const REPLACE = ["BatchWriteItem"];
const DELETE = ["DeleteItem"];

const SEND = ["SendMessage"];
const DEPTH = ["GetQueueAttributes"];
const CONSUME = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"];

/** Whoever calls with a token is looked up: the session may have ended, the account may be frozen. */
const SIGNED_IN = { Users: GET };
/** Actions leave a record; records are added, never changed. */
const AUDITED = { Audit: ADD };
/** What a client has named is remembered, and forgotten where it came to nothing. */
const NAMED = { Requests: [...GET, ...CHANGE, ...DELETE] };

/** Wallets are added up beside the markets' journals; how far that is, and its report, are written down. */
const RECONCILES = { Wallets: SCAN, Journal: READ, MarketData: [...GET, ...WRITE, ...DELETE] };

/**
 * Tables by what may be done with them; `markets` and `failures` are queues; `snapshots` may be written, and by those who know which are needed
 * dropped, which entries of the same journal may not; `privateKey` signs tokens; `stream` is the journal's.
 */
const KINDS = {
  Docs: {},
  /** The order book is brought up to the journal's end as it is read. */
  MarketReaders: { tables: { MarketData: READ, Journal: READ } },
  AccountReaders: { tables: { Users: READ } },
  Accounts: { tables: { Users: [...READ, ...WRITE, ...DELETE], ...NAMED } },
  /** What strangers may call leaves security events with the account, and nothing in the audit records. */
  Signers: { tables: { Users: [...READ, ...WRITE, ...DELETE] }, privateKey: true },
  TradingReaders: { tables: { ...SIGNED_IN, Orders: READ, MarketData: READ } },
  Traders: {
    tables: {
      ...SIGNED_IN,
      ...NAMED,
      Orders: [...READ, ...WRITE],
      Wallets: [...GET, ...CHANGE],
      MarketData: GET,
    },
    markets: SEND,
  },
  WalletReaders: { tables: { ...SIGNED_IN, Wallets: READ } },
  Wallets: { tables: { ...SIGNED_IN, ...NAMED, ...AUDITED, Wallets: [...READ, ...WRITE] } },
  AdminReaders: {
    tables: { Users: READ, Wallets: READ, MarketData: READ, Audit: READ },
    markets: DEPTH,
    failures: DEPTH,
  },
  Reconcilers: { tables: { ...SIGNED_IN, ...NAMED, ...RECONCILES }, snapshots: REPLACE },
  ReconciliationWorker: { tables: RECONCILES, snapshots: REPLACE },
  Treasurers: { tables: { ...SIGNED_IN, ...NAMED, ...AUDITED, Wallets: [...READ, ...WRITE] } },
  Supervisors: {
    tables: {
      ...NAMED,
      ...AUDITED,
      Users: [...READ, ...CHANGE],
      Orders: [...READ, ...CHANGE],
      Wallets: [...READ, ...CHANGE],
      MarketData: [...GET, ...CHANGE],
    },
    markets: SEND,
  },
  Matcher: {
    tables: { Journal: [...READ, ...ADD], Orders: CHANGE, Wallets: CHANGE, MarketData: CHANGE },
    snapshots: REPLACE,
    markets: CONSUME,
  },
  Projector: {
    tables: { Journal: READ, MarketData: [...READ, ...PROJECT] },
    snapshots: [...REPLACE, ...DELETE],
    stream: true,
    failures: SEND,
  },
  Sweeper: {
    tables: {
      Orders: [...READ, ...SCAN, ...CHANGE],
      Wallets: CHANGE,
      MarketData: [...READ, ...DELETE],
    },
    markets: SEND,
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
    const name = table.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    const readsIndexes = actions.includes("Query") || actions.includes("Scan");
    return allow(
      "dynamodb",
      actions,
      readsIndexes ? [tableArn(name), indexArn(name, "*")] : [tableArn(name)],
    );
  });
}

const MARKET_QUEUES = markets.map(({ market }) => queueArn(market));
const LOG_GROUPS = arn("logs", `log-group:/aws/lambda/${NAMES}-*:*`);
const PRIVATE_KEY = arn("ssm", `parameter/\${self:service}/\${sls:stage}/jwt-private-key`);

function statements(kind) {
  const list = [
    allow("logs", ["CreateLogStream", "PutLogEvents"], [LOG_GROUPS]),
    ...tableStatements(kind.tables ?? {}),
  ];
  if (kind.markets) list.push(allow("sqs", kind.markets, MARKET_QUEUES));
  if (kind.failures)
    list.push(allow("sqs", kind.failures, [{ "Fn::GetAtt": ["ProjectorFailuresQueue", "Arn"] }]));
  if (kind.privateKey) list.push(allow("ssm", ["GetParameter"], [PRIVATE_KEY]));
  if (kind.snapshots) {
    const onlySnapshots = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["*#SNAPSHOT*"] } };
    list.push({ ...allow("dynamodb", kind.snapshots, [tableArn("journal")]), Condition: onlySnapshots });
  }
  if (kind.stream) {
    list.push(
      allow(
        "dynamodb",
        ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"],
        [JOURNAL_STREAM],
      ),
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
