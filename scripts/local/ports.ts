import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { HOST } from "./settings.ts";

/** Whether somebody listens there already. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen(port, HOST, () => server.close(() => resolve(false)));
  });
}

/** Whether somebody accepts a connection there. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    const answered = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => answered(true)).once("error", () => answered(false));
  });
}

/** One that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
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
  try {
    const text = execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
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
  const text = execFileSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = Number(text.split("\n")[0]);
  return pid > 0 ? pid : undefined;
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
