/** How a private server is started: reachable by one socket only, and durable to the last acknowledged write. */

export type Fsync = "always" | "everysec";

export interface ServerPlace {
  /** Absolute path of the unix socket, at most 107 bytes. */
  readonly socket: string;
  /** Folder of the append-only file; nobody else's server may ever write there. */
  readonly dir: string;
  readonly fsync: Fsync;
}

/** No configuration file is read, so every setting that durability or privacy rests on stands here. */
export function serverArguments({ socket, dir, fsync }: ServerPlace): readonly string[] {
  return Object.entries({
    port: "0",
    unixsocket: socket,
    unixsocketperm: "700",
    dir,
    daemonize: "no",
    appendonly: "yes",
    appendfsync: fsync,
    // The default would leave writes unsynced while the file is rewritten, although each was acknowledged.
    "no-appendfsync-on-rewrite": "no",
    // A record cut by a crash was never acknowledged under `always`; refusing to start would lose all the others.
    "aof-load-truncated": "yes",
    save: "",
    // Evicting a key would be losing a run.
    maxmemory: "0",
    "maxmemory-policy": "noeviction",
    "always-show-logo": "no",
  }).flatMap(([name, value]) => [`--${name}`, value]);
}
