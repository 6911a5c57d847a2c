/** Databases, keys, mail: programs whose commands are a language of their own, or whose answers are secrets. */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";
import { as, obscure, onlyShows, reaches, shows } from "./rows.ts";

const speaks: Finding = { ...unknown("what it would tell the database is not judged here", "query"), hosts: ["*"] };
const keys: Finding = unknown("it may show or change keys", "keys");

const redisAsks =
  /^(?:ping|info|get|mget|exists|ttl|pttl|type|strlen|llen|lrange|hget|hlen|hexists|hkeys|scard|sismember|zcard|zscore|dbsize|time|scan|xlen|xinfo)$/i;

/** A plain question to the machine's own server, or to the one that `-h` names. */
function redisWords(call: GivenCall): Finding {
  const words = call.operands.map(({ shown }) => shown);
  let at = 0;
  let host = "localhost";
  while (/^-[hpn]$/.test(words[at] ?? "")) {
    if (words[at] === "-h") host = words[at + 1] ?? "*";
    at += 2;
  }
  const asks = redisAsks.test(words[at] ?? "");
  return asks
    ? { risk: "mutating", rule: "network", reason: "it asks a database", hosts: [host] }
    : {
        risk: "destructive",
        rule: "write",
        reason: "it may change or delete what the database holds",
        hosts: [host],
        loses: ["what the database holds"],
      };
}

const plainKey = {
  flags:
    "-noout -text -subject -issuer -dates -startdate -enddate -fingerprint -serial -modulus -pubkey -purpose -sha256 -sha1 -hash -email",
  takes: { "-in": "read", "-inform": "text", "-nameopt": "text", "-ext": "text" },
} as const;

/** `org.openssl.engine:library:…` loads that library: where a file is wanted, a URI will do. */
function plainFiles(call: GivenCall): Finding | undefined {
  return [...call.operands, ...call.values("-in")].some(({ shown }) => shown.includes(":"))
    ? unknown("the file could be a URI that loads a library", "uri")
    : undefined;
}

export const services: readonly Program[] = [
  onlyShows(
    "psql mysql mariadb mongo mongosh sqlcmd cqlsh clickhouse-client influx duckdb",
    "-V --version --help",
    speaks,
  ),
  onlyShows("sqlite3", "-version --version -help", speaks),
  onlyShows(
    "pg_dump pg_dumpall mysqldump mongodump pg_restore createdb dropdb mongoexport mongoimport",
    "-V --version --help",
    {
      risk: "destructive",
      rule: "database",
      reason: "it copies, changes or deletes a database",
      hosts: ["*"],
      loses: ["what the database holds"],
    },
  ),
  onlyShows("redis-cli valkey-cli", "-v --version --help", { risk: "mutating" }, { inspect: redisWords }),
  onlyShows(
    "redis-server valkey-server postgres mysqld mongod",
    "-v --version --help",
    unknown("it starts a server", "server"),
  ),
  {
    names: "openssl",
    risk: "read-only",
    reason: "names no command",
    inspect: () => unknown("it reads commands from its input", "input"),
    subcommands: {
      version: shows("shows its version", { style: "single-dash", flags: "-a -v -b -o -p -d" }),
      x509: shows("shows a certificate", {
        inspect: plainFiles,
        style: "single-dash",
        ...plainKey,
      }),
      crl: shows("shows a list of revoked certificates", {
        inspect: plainFiles,
        style: "single-dash",
        ...plainKey,
      }),
      req: shows("shows a request", {
        inspect: plainFiles,
        style: "single-dash",
        ...plainKey,
        flags: "-noout -text -subject -verify -pubkey -modulus",
      }),
      dgst: shows("sums up files", {
        inspect: plainFiles,
        style: "single-dash",
        flags: "-sha1 -sha224 -sha256 -sha384 -sha512 -md5 -sha3-256 -r -hex -binary",
        operands: { rest: "read" },
      }),
      rand: shows("makes random numbers", { style: "single-dash", flags: "-hex -base64", operands: { rest: "text" } }),
      list: shows("lists what it can do", {
        style: "single-dash",
        flags: "-commands -digest-commands -cipher-commands -digest-algorithms -cipher-algorithms",
      }),
      ciphers: shows("lists ciphers", { style: "single-dash", flags: "-v -V -s", operands: { rest: "text" } }),
      s_client: reaches("connects to a machine"),
      ...as(
        "genrsa genpkey enc pkcs12 ca rsa pkey ec pkcs8 passwd smime cms s_server",
        obscure("works with keys, or writes files"),
      ),
    },
  },
  onlyShows("gpg gpg2", "--version --help", keys),
  onlyShows("age sops vault op pass keyring secret-tool security bw chamber doppler", "--version -v version", {
    risk: "destructive",
    rule: "secret",
    reason: "it shows or changes secrets",
    hosts: ["*"],
    loses: ["secrets, shown"],
  }),
  onlyShows("mail mailx sendmail mutt msmtp", "--version -V", {
    risk: "destructive",
    rule: "send",
    reason: "it sends mail",
    hosts: ["*"],
    loses: ["the mail, sent"],
  }),
];
