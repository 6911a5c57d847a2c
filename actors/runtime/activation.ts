/**
 * One activation of one actor: claim it, take its mail and its effects' answers one by one, each with one commit, and
 * let go when it has neither. Effects run beside the loop, so that a message reaches an agent in the middle of a call.
 */
import type { Address, Commit, CommitAnswer, Grant, PendingEffect } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import { type Cause, statePath } from "../../machines/fold.ts";
import { NO_RIGHTS, rightsIn } from "../../machines/rights.ts";
import type { Tasks } from "../../machines/task-graph.ts";
import type { ActivationDeps, ActivationEnd } from "./activation-deps.ts";
import { placeOf } from "./agent-tree.ts";
import type { Bell } from "./bells.ts";
import { commitStep } from "./commit-step.ts";
import { type Live, liveFrom } from "./live.ts";
import { noteLeave, noteTakeover, takeOut } from "./lost-claims.ts";
import { causeOf, mailFrom } from "./mail.ts";
import { type Ordered, orderedFrom } from "./ordered.ts";
import type { Answer } from "./performer.ts";
import { brokenAnswer, goneAnswer, recover } from "./recovery.ts";
import type { Outcome } from "./running-effects.ts";
import { advance, recipientsOf, type Step } from "./step.ts";
import { unwind } from "./unwinding.ts";

/** Claims of one version without a commit, at most: past it the message, not the worker, is what kills. */
const CLAIMS_MAX = 10;
/** How long an activation waits for a ring before it looks into the mailbox itself: a lost PUBLISH costs so much. */
const POLL_MS = 1_000;
/** What running effects get to end by themselves once the run is parked. */
const PARK_GRACE_MS = 30_000;

/** Throws where a step cannot be made (store out of reach, machine at fault); what was committed stands. */
export async function activate(deps: ActivationDeps, address: Address): Promise<ActivationEnd> {
  const owner = Symbol(`${address.run}/${address.actor}`);
  const bell = deps.bells.hang(`${address.run}/${address.actor}`);
  try {
    let answer = await deps.store.claim(address, deps.nonce(), { ...deps.served, place: deps.place });
    if (answer.kind === "elsewhere") {
      if (await deps.handOver(address, answer.place)) return "elsewhere";
      // That host is gone for good: whoever comes by has to say so.
      answer = await deps.store.claim(address, deps.nonce(), deps.served);
    }
    if (answer.kind === "over") {
      await unwind(deps, address, answer.pending);
      return "over";
    }
    if (answer.kind !== "claimed") {
      if (answer.kind === "stranded") await deps.stranded(address, answer.lacks, answer.name);
      return answer.kind;
    }
    const { claim } = answer;
    if (claim.claims > CLAIMS_MAX) {
      await takeOut(deps, address, claim);
      return "poisoned";
    }
    if (claim.run.status !== "running") {
      await Promise.all(claim.pending.map((pending) => deps.calledOff(orderedFrom(pending), pending.id)));
      await deps.store.forget(address);
      return "run_ended";
    }
    const lost = (effects: readonly string[]) => deps.store.hold(address.run, "park", lostSteps(effects));
    if (await deps.strangers(address, claim.fence, claim.version, async (effects) => void (await lost(effects)))) {
      return "parked";
    }
    const live = liveFrom(address, claim, deps.machines);
    deps.spans?.claimed(live);
    return await new Activation(deps, live, owner, bell, claim.mail, claim.run.hold !== undefined).run(claim.mailTotal);
  } catch (cause) {
    deps.effects.abort(owner, "left");
    throw cause;
  } finally {
    bell.takeDown();
  }
}

const lostSteps = (effects: readonly string[]): string =>
  `Redis has lost steps that it had acknowledged: ${effects.join(", ")} ${effects.length === 1 ? "was" : "were"} begun and ${effects.length === 1 ? "is" : "are"} in no log. Look at what became of it in the workspace, then resume the run.`;

class Activation {
  private readonly outcomes: Outcome[] = [];
  /** Effects of this actor that run here. */
  private readonly out = new Set<string>();
  /** Unanswered effects that only another host can tell about. */
  private readonly elsewhere = new Map<string, Ordered>();
  private readonly mail: string[];
  private parkedAtMs: number | null = null;
  private readonly deps: ActivationDeps;
  private readonly live: Live;
  private readonly owner: symbol;
  private readonly bell: Bell;
  private held: boolean;
  private adopted = false;
  private runEnded = false;
  /** Fenced for good: nothing that it has out is wanted any more. */
  private over = false;

  constructor(deps: ActivationDeps, live: Live, owner: symbol, bell: Bell, mail: readonly string[], held: boolean) {
    this.deps = deps;
    this.live = live;
    this.owner = owner;
    this.bell = bell;
    this.mail = [...mail];
    this.held = held;
  }

  async run(mailTotal: number): Promise<ActivationEnd> {
    let mailLeft = mailTotal;
    const left = [...this.live.pending.values()].filter((pending) => !this.adopt(pending));
    if (!this.held) {
      // Before anything is done about it: what was known of the dead is told by whoever finds the body.
      const begun = left.filter((one) => !one.held && !this.isElsewhere(orderedFrom(one)));
      await noteTakeover(this.deps, this.live, begun);
      for (const pending of left) this.takeUp(pending);
    }
    if (this.adopted) await this.deps.store.reattached(this.live.address, this.live.fence);
    for (;;) {
      if (this.over) return this.end("over");
      if (this.runEnded) return this.end("run_ended");
      const outcome = this.mail.length > 0 ? undefined : this.outcomes.shift();
      const mail = this.mail.shift();
      if (mail === undefined && outcome === undefined) {
        if (mailLeft > 0) await this.look();
        if (this.mail.length > 0 || this.runEnded || this.over) continue;
        mailLeft = 0;
        if (this.out.size === 0) {
          if (this.elsewhere.size === 0) return this.end(this.held ? "parked" : "idle");
          if (await this.handOver()) return this.end("elsewhere");
          continue;
        }
        if (this.deps.leaving()) return this.end("left");
        if (this.pastParkGrace()) return this.end("parked");
        await this.bell.heard(POLL_MS);
        mailLeft = 1; // a ring or a second gone by: look into the mailbox
        continue;
      }
      const answer = mail === undefined ? await this.takeOutcome(outcome as Outcome) : await this.takeMail(mail);
      if (answer === null) continue;
      if (answer.kind !== "committed") return this.end(await this.giveUp(answer));
      mailLeft = answer.mailLeft;
    }
  }

  private async look(): Promise<void> {
    const seen = await this.deps.store.look(this.live.address);
    this.mail.push(...seen.mail);
    this.over = seen.over;
    this.noteHold(seen.held);
    this.runEnded = seen.runStatus !== "running";
  }

  /** True for an effect that the store says is unanswered, and that still runs here. */
  private adopt({ id }: PendingEffect): boolean {
    if (!this.deps.effects.adopt(id, this.owner, this.live.fence, this.deliver)) return false;
    this.out.add(id);
    this.adopted = true;
    return true;
  }

  private readonly isElsewhere = ({ place }: Ordered): boolean => place !== undefined && place !== this.deps.place;
  /** One that does not run here: never begun, or lost with who ran it. */
  private takeUp(pending: PendingEffect): void {
    const order = orderedFrom(pending);
    // Not even one that was never begun: the gate that its intent names is over there.
    if (this.isElsewhere(order)) {
      this.elsewhere.set(pending.id, order);
      return;
    }
    const lost = recover(order, pending);
    if (lost === "begin") this.begin(pending.id, order, pending.grant);
    else this.answerWith(pending.id, lost);
  }

  private answerWith(id: string, answer: Answer): void {
    this.out.add(id);
    this.deliver({ id, answer });
  }

  /** True where every host that has to be asked was asked; what a lost host began is answered for it. */
  private async handOver(): Promise<boolean> {
    let asked = true;
    for (const [id, order] of this.elsewhere) {
      if (await this.deps.handOver(this.live.address, order.place as string)) continue;
      asked = false;
      await noteTakeover(this.deps, this.live, [this.live.pending.get(id) as PendingEffect]);
      this.elsewhere.delete(id);
      this.answerWith(id, goneAnswer(order, id));
    }
    return asked;
  }

  private readonly deliver = (outcome: Outcome): void => {
    this.outcomes.push(outcome);
    this.bell.ring();
  };

  private begin(id: string, order: OutsideEffect, grant: Grant | null): void {
    const { live, deps } = this;
    const { address, run, session, entries } = live;
    const known = entries.length;
    const rights = live.state === null ? NO_RIGHTS : rightsIn(live.machine.machine, statePath(live.state));
    const { tasks } = (live.state?.snapshot.context ?? {}) as { tasks?: Tasks };
    this.out.add(id);
    deps.effects.begin(id, this.owner, this.live.fence, this.deliver, (signal) => {
      const perform = deps.performers[order.type] as (order: OutsideEffect, context: unknown) => Promise<Answer>;
      const context = {
        address,
        run: placeOf(run, session),
        rights,
        effectId: id,
        session,
        // The conversation only grows: what it was at this commit can be cut out when, and if, it is asked for.
        get entries() {
          return entries.slice(0, known);
        },
        grant,
        ...(tasks === undefined ? {} : { tasks }),
        isWanted: () => deps.store.isWanted(address),
        signal,
      };
      const act = (): Promise<Answer> => perform(order, context);
      return deps.spans === undefined ? act() : deps.spans.performing(live, id, order, act);
    });
  }

  private async takeMail(text: string): Promise<CommitAnswer> {
    const mail = mailFrom(text);
    return this.step(causeOf(mail), { mail: mail.id }, null);
  }

  private async takeOutcome(outcome: Outcome): Promise<CommitAnswer | null> {
    this.out.delete(outcome.id);
    if ("taken" in outcome) return null;
    // The step that ended the actor dropped its effects; a late answer changes nothing.
    if (!this.live.pending.has(outcome.id)) return null;
    const answer = "answer" in outcome ? outcome.answer : this.broken(outcome.id, outcome.broke);
    return this.step({ event: answer.event }, { effect: outcome.id }, answer);
  }

  private broken(id: string, cause: unknown): Answer {
    const pending = this.live.pending.get(id) as PendingEffect;
    this.deps.log.error({ ...this.live.address, effect: id, err: cause }, "a performer broke");
    return brokenAnswer(orderedFrom(pending), pending, cause);
  }

  private async step(cause: Cause, by: Commit["by"], answer: Answer | null): Promise<CommitAnswer> {
    const { step, committed } = await commitStep(this.deps, { live: this.live, cause, by, answer });
    if (committed.kind === "committed") this.afterCommit(step, committed);
    return committed;
  }

  private afterCommit(step: Step, committed: Extract<CommitAnswer, { kind: "committed" }>): void {
    const { live, deps } = this;
    deps.spans?.committed(live, step);
    const dropped = step.commit.effectsDropped.flatMap((id) => live.pending.get(id) ?? []);
    advance(live, step);
    for (const pending of dropped) {
      this.out.delete(pending.id);
      this.elsewhere.delete(pending.id);
      if (!deps.effects.cancel(pending.id)) deps.calledOff(orderedFrom(pending), pending.id).catch(() => {});
    }
    this.noteHold(committed.held);
    this.runEnded = committed.runStatus !== "running";
    let nextGrant = 0;
    for (const { id, order, json, reserve } of step.orders) {
      const grant = reserve === null ? null : (committed.grants[nextGrant++] ?? null);
      live.pending.set(id, { id, json, grant, held: committed.held });
      if (!this.held && !this.runEnded) this.begin(id, order, grant);
    }
    const delays = step.commit.timersSet.map(({ delayMs }) => delayMs);
    deps.delivered(recipientsOf(step.commit), live.address.run, delays);
    deps.log.debug({ ...live.address, version: live.version, seq: committed.firstSeq }, "step committed");
  }

  private noteHold(held: boolean): void {
    if (held && !this.held) this.parkedAtMs = this.deps.clock.monotonicMs();
    this.held = held;
  }

  /** True once a parked run's effects have had their time; then they are called off and wait for the resume. */
  private pastParkGrace(): boolean {
    return this.held && this.parkedAtMs !== null && this.deps.clock.monotonicMs() - this.parkedAtMs > PARK_GRACE_MS;
  }

  private async giveUp(answer: Exclude<CommitAnswer, { kind: "committed" }>): Promise<ActivationEnd> {
    this.deps.log.info({ ...this.live.address, answer }, "another activation holds this actor; stopping");
    if (answer.kind === "ended") return "run_ended";
    if (answer.kind === "no_run") return "no_run";
    await this.look();
    return this.over ? "over" : "fenced";
  }

  private async end(end: ActivationEnd): Promise<ActivationEnd> {
    const out = this.out.size > 0;
    this.deps.effects.abort(this.owner, end === "run_ended" || end === "over" ? "cancelled" : "left");
    if (end === "left" || end === "parked") await noteLeave(this.deps, this.live, out);
    if (end === "run_ended") await this.deps.store.forget(this.live.address);
    if (end === "over") await unwind(this.deps, this.live.address, this.live.pending.values());
    return end;
  }
}
