/**
 * Gives a new exchange what nobody could use it without: its first admin. `node seed.ts`, run by the supervisor with the environment of
 * the functions.
 */
import { authPorts } from "../../lib/adapters/auth-ports.ts";
import { ports } from "../../lib/adapters/ports.ts";
import { createAdmin } from "../../lib/auth/create-admin.ts";

const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
if (email === undefined || password === undefined)
  throw new Error("ADMIN_EMAIL and ADMIN_PASSWORD are not set; npm start sets them");

// Whoever starts a local exchange owns it: its first admin has the password that `npm start` names, also after a restart with another one.
const made = await createAdmin({ email, password, promote: true }, { ...ports, ...authPorts });
if (!made.ok) throw new Error(made.refusal.message);
process.exit(0);
