import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { HOST } from "./settings.ts";

/** Whether somebody listens there already. */
export async function isTaken(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => false,
    () => true,
  );
}

/** One that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await listenOnce(0);
}

async function listenOnce(wanted: number): Promise<number> {
  const server = createServer();
  await once(server.listen(wanted, HOST), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

/** Whether somebody accepts a connection there. */
export async function answers(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Who listens on a port, in words, where the system tells. */
export function holderOf(port: number): string | undefined {
  try {
    const pid = process.platform === "linux" ? pidFromProc(port) : pidFromLsof(port);
    if (pid === undefined) return undefined;
    return `process ${pid} (${commandLineOf(pid) ?? "unknown"})`;
  } catch {
    return undefined;
  }
}

/** The command line of a running process; undefined where there is none. */
export function commandLineOf(pid: number): string | undefined {
  return said("ps", "-ww", "-o", "command=", "-p", String(pid)) || undefined;
}

/** What another program prints; nothing where it fails. */
function said(program: string, ...args: readonly string[]): string {
  return spawnSync(program, args, { encoding: "utf8" }).stdout?.trim() ?? "";
}

/** Gives a signal to a process, or to a group by its negative id; false where there is none. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function pidFromLsof(port: number): number | undefined {
  return Number(said("lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t").split("\n")[0]) || undefined;
}

const LISTENING = "0A";

/** The kernel's table gives the socket's inode; the process that holds it has a descriptor of that name. */
function pidFromProc(port: number): number | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const inode = ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((table) => readFileSync(table, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(`:${hexPort}`) && fields[3] === LISTENING)?.[9];
  if (inode === undefined) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (links.includes(`socket:[${inode}]`)) return Number(pid);
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined;
}
