/**
 * What a flood may take. Throttling is the API's, per route and for all that has no line of its own; functions' reserved concurrency
 * stands beside them, in functions/*.yml and markets.cjs. The local stack holds to both.
 */

/** Requests a second, and how many more at once. A route is named as its event is. */
const THROTTLING = {
  /** A market needs some hundreds of orders a second; what the account of AWS may take is 10,000. */
  others: { rate: 2_000, burst: 4_000 },
  routes: {
    // Each costs an Argon2 hash: 45 ms of a processor, 19 MiB. Sessions are kept alive by refreshing, so logins are few.
    "POST /api/auth/login": { rate: 50, burst: 300 },
    "POST /api/auth/register": { rate: 50, burst: 300 },
    // Each may read the journal.
    "GET /api/markets/{market}/orderbook": { rate: 500, burst: 1_000 },
    "GET /api/markets/{market}/trades": { rate: 500, burst: 1_000 },
    // Each may reconcile for 20 seconds.
    "GET /api/admin/reconciliation": { rate: 5, burst: 20 },
  },
};

function settings({ rate, burst }) {
  return { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
}

/** As Serverless names the route's resource: the stage's settings may only name routes that are there. */
function routeId(route) {
  const parts = route.split("/").map((part) => {
    const letters = part
      .toLowerCase()
      .replace("}", "Var")
      .replaceAll(/[^0-9A-Za-z]/g, "");
    return letters.charAt(0).toUpperCase() + letters.slice(1);
  });
  return `HttpApiRoute${parts.join("")}`;
}

module.exports = {
  THROTTLING,
  throttling: {
    extensions: {
      HttpApiStage: {
        DependsOn: Object.keys(THROTTLING.routes).map(routeId),
        Properties: {
          DefaultRouteSettings: settings(THROTTLING.others),
          RouteSettings: Object.fromEntries(
            Object.entries(THROTTLING.routes).map(([route, limits]) => [route, settings(limits)]),
          ),
        },
      },
    },
  },
};
