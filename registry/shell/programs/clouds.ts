/**
 * Clusters and clouds: all of it is elsewhere. Asking reaches the network with the person's own login and is never
 * read-only; changing and sending cannot be taken back from here.
 */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";
import { both, reachesOut } from "./findings.ts";
import {
  as,
  changes,
  loses,
  namedIn,
  obscure,
  onlyShows,
  type Rows,
  reaches,
  refuses,
  sends,
  shows,
  worse,
} from "./rows.ts";

const secret: Finding = {
  risk: "destructive",
  rule: "secret",
  reason: "it shows or changes secrets",
  hosts: ["*"],
  loses: ["secrets, shown"],
};

function changed(what: string): Finding {
  return {
    risk: "destructive",
    rule: "remote",
    reason: `it changes ${what}`,
    hosts: ["*"],
    loses: [`${what}, as it is now`],
  };
}

const elsewhere = refuses(
  /^--?(?:server|s|kubeconfig|kube-apiserver|kube-token|token|as|as-group|insecure-skip-tls-verify|proxy-url)(?:=|$)/,
  "it goes where the line says, with the person's login",
);

const kubeRows: Rows = {
  version: shows("shows its version", {
    flags: "--client --short",
    takes: { "-o --output": ["json", "yaml"] },
    inspect: (call) => (call.given("--client") ? undefined : reachesOut(call)),
  }),
  config: shows("names no command", {
    subcommands: {
      "get-contexts": shows("lists contexts", {
        flags: "--no-headers",
        takes: { "-o --output": ["name"] },
        operands: { rest: "text" },
      }),
      "current-context": shows("shows the context"),
      "get-clusters": shows("lists clusters"),
      "get-users": shows("lists users"),
      view: shows("shows settings, secrets left out", {
        flags: "--minify",
        takes: { "-o --output": ["json", "yaml"] },
      }),
      ...as(
        "set set-context set-cluster set-credentials use-context use delete-context delete-cluster delete-user unset rename-context",
        loses("which cluster later commands reach", "changes settings"),
      ),
    },
  }),
  ...as(
    "get describe",
    reaches("asks the cluster", { inspect: (call) => elsewhere(call) ?? worse(/secret|^--raw/i, secret)(call) }),
  ),
  ...as(
    "logs top explain api-resources api-versions cluster-info events wait diff",
    reaches("asks the cluster", { inspect: elsewhere }),
  ),
  auth: reaches("asks the cluster", { inspect: worse(/^reconcile$/, changed("rights")) }),
  ...as(
    "apply create delete edit patch replace scale autoscale rollout set label annotate expose run drain cordon uncordon taint certificate",
    loses("the state of the cluster as it is now", "changes the cluster", { inspect: reachesOut }),
  ),
  ...as("exec attach cp port-forward proxy debug plugin", obscure("reaches into the cluster", { inspect: reachesOut })),
  ...as("kustomize completion options", changes("prints what a folder or an address holds")),
};

const helmRows: Rows = {
  version: shows("shows its version", { flags: "--short", takes: { "--template": "text" } }),
  ...as("list ls status history search show inspect pull dependency dep", reaches("asks the cluster or a registry")),
  get: reaches("asks the cluster", { inspect: worse(/^(?:values|all|manifest)$/, secret) }),
  ...as(
    "lint template create package verify",
    changes("works on charts", { inspect: refuses(/^--post-renderer/, "it runs a program") }),
  ),
  repo: reaches("changes the list of repositories"),
  ...as(
    "install upgrade uninstall delete rollback test",
    loses("the state of the cluster as it is now", "changes the cluster", { inspect: reachesOut }),
  ),
  push: sends("the chart, published", "publishes a chart"),
  ...as("plugin env registry", obscure("installs plugins, or shows a login")),
};

const terraformRows: Rows = {
  version: reaches("shows its version, and asks for a newer one"),
  fmt: shows("checks the form of files", {
    style: "single-dash",
    flags: "-check -diff -recursive -write=false -list=false",
    operands: { rest: "read" },
    inspect: (call) =>
      call.given("-check")
        ? undefined
        : {
            risk: "mutating",
            rule: "write",
            reason: "terraform fmt formats files",
            paths: [{ path: ".", access: "write" }],
          },
  }),
  workspace: shows("names no command", {
    subcommands: {
      show: shows("shows the workspace"),
      ...as("list select new", reaches("changes the workspace")),
      delete: loses("the workspace {last}", "deletes a workspace", { inspect: reachesOut }),
    },
  }),
  ...as("validate plan graph providers refresh get init test", reaches("runs providers that the project names")),
  ...as("output show console", reaches("shows the state, and secrets in it", { inspect: () => secret })),
  state: reaches("asks for the state", {
    inspect: worse(/^(?:rm|mv|push|replace-provider|pull|show)$/, changed("the state")),
  }),
  ...as(
    "apply destroy import taint untaint force-unlock",
    loses("what runs as it is now", "changes what runs", { inspect: reachesOut }),
  ),
  ...as("login logout", loses("the login", "changes the login", { inspect: reachesOut })),
};

const cloudSecret = /secret|password|credential|token|ssm|kms|access-key|login|keys?$|print-/i;
const cloudAsks = /^(?:describe|list|get|head|show|ls|search|lookup|batch-get|info|read|check)(?:-|$)/;

const cloudChanges =
  /^(?:create|delete|update|set|add|remove|deploy|run|start|stop|restart|ssh|scp|cp|mv|rm|sync|import|export|invoke|patch|reset|apply|submit|call|cancel|purge|enable|disable|attach|detach|copy|upload|download|send|move|rename|promote|failover|put|terminate|modify)(?:-|$)/;

/** What a cloud's program does is said by a verb: the second word for aws, any of the first ones elsewhere. */
function byVerb(call: GivenCall): Finding | undefined {
  const strange = refuses(
    /^--(?:endpoint-url|no-verify-ssl|ca-bundle|cli-|impersonate|flags-file|access-token-file|debug|configuration)/,
    "it goes where the line says, with the person's login",
  )(call);
  if (strange) return { ...strange, hosts: ["*"] };
  if (call.operands.some(({ shown }) => cloudSecret.test(shown))) return secret;
  const words = call.operands.filter(({ head }) => !head.startsWith("-")).map(({ shown }) => shown);
  const verbs = call.program === "aws" ? words.slice(1, 2) : words;
  const asks = verbs.slice(0, 5).some((word) => cloudAsks.test(word)) && !verbs.some((word) => cloudChanges.test(word));
  return asks ? reachesOut(call) : changed("what is in the cloud");
}

/** Shows versions, or settings with keys starred out. */
function isLocal({ operands }: GivenCall): boolean {
  return /^(?:-v|--version|version|configure list(?:-profiles)?|config list|config configurations list)$/.test(
    operands.map(({ shown }) => shown).join(" "),
  );
}

/** `az --version` does. */
function asksForUpdates(call: GivenCall): Finding | undefined {
  return call.program === "az" ? reachesOut(call) : undefined;
}

const hubAsks = /^(?:list|ls|view|status|diff|checks|get|search)$/;

const hubRows: Rows = {
  version: shows("shows its version"),
  help: shows("shows how it is used", { operands: { rest: "text" } }),
  ...as(
    "pr issue repo run workflow release label search gist cache ruleset project org variable codespace",
    reaches("asks the server", {
      inspect: (call) => {
        const verb = call.operands[0]?.shown ?? "";
        if (call.operands.some(({ shown }) => /^(?:-w|--web)$|^-[a-zA-Z]*w$/.test(shown)))
          return unknown("it opens a browser", "browser");
        if (hubAsks.test(verb) || call.subcommands[0] === "search") return undefined;
        if (/^(?:checkout|co|clone|download|watch)$/.test(verb)) return { paths: [{ path: ".", access: "write" }] };
        return {
          risk: "destructive",
          rule: "publish",
          reason: "it changes or publishes what others see",
          loses: ["what others see there as it is now"],
        };
      },
    }),
  ),
  status: reaches("asks the server"),
  api: reaches("asks the server", {
    inspect: worse(
      /^(?:-X|--method|-f|-F|--field|--raw-field|--input|--hostname|graphql)|^-(?:X|f|F)|^--(?:method|field|raw-field|input|hostname)=/,
      changed("what others see there"),
    ),
  }),
  auth: reaches("asks the server", { inspect: worse(/^(?!status$)|^--show-token|^-t$/, secret) }),
  ...as("secret ssh-key gpg-key attestation", loses("secrets", "shows or changes secrets", { inspect: reachesOut })),
  ...as(
    "alias extension ext config browse copilot",
    obscure("starts another program, or decides what is started later"),
  ),
};

export const clouds: readonly Program[] = [
  { names: "kubectl oc", risk: "read-only", reason: "shows how it is used", subcommands: kubeRows },
  { names: "helm", risk: "read-only", reason: "shows how it is used", flags: "-h --help", subcommands: helmRows },
  {
    names: "terraform tofu",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-h -help --help",
    subcommands: terraformRows,
  },
  {
    ...reaches("reaches the cloud"),
    names: "aws gcloud az",
    risk: "read-only",
    inspect: (call) => (isLocal(call) ? asksForUpdates(call) : both(byVerb, namedIn)(call)),
  },
  onlyShows(
    "gsutil bq doctl heroku fly flyctl vercel netlify wrangler firebase pulumi ansible ansible-playbook eksctl minikube kind",
    "-v --version version",
    changed("what runs elsewhere"),
  ),
  {
    names: "gh glab hub",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "--version --help",
    subcommands: hubRows,
  },
];
