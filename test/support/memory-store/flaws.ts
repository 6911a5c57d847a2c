/**
 * Mistakes that the store in memory makes on request, one mechanism each: what watches over it must notice. A store
 * without flaws keeps the contract.
 */
export interface Flaws {
  /** Commits are taken whatever claim they come from. */
  readonly noFence?: boolean;
  /** A claim is known by its epoch alone. */
  readonly noNonce?: boolean;
  /** A commit that is sent again is not recognised. */
  readonly noCommitId?: boolean;
  /** The same message from outside is delivered as often as it comes. */
  readonly noSentDedupe?: boolean;
  /** Recipients of a commit's messages are not put on the list of those that need waking. */
  readonly noReady?: boolean;
  /** Timers are left to the alarms of the process that set them. */
  readonly noTimers?: boolean;
  /** Nobody is named by a sweep. */
  readonly noSweep?: boolean;
  /** Money is reserved before the fence is looked at. */
  readonly unfencedReserve?: boolean;
  /** Money is settled before the fence is looked at. */
  readonly unfencedSettle?: boolean;
  /** What dropped effects hold is never given back. */
  readonly leakyDrop?: boolean;
  /** The cause need not be there any more: an answer or a message counts as often as it is committed. */
  readonly noCause?: boolean;
  /** Nobody looks at the limits. */
  readonly noLimit?: boolean;
  /** A run that has ended takes further commits. */
  readonly noEnd?: boolean;
  /** Effects ordered while the run is parked are not marked as never begun. */
  readonly noHeldMark?: boolean;
  /** Audit rows are written before the fence is looked at. */
  readonly unfencedAudit?: boolean;
  /** The log entry goes before the fence. */
  readonly unfencedLog?: boolean;
  /** A second answer to an approval counts like the first. */
  readonly answersTwice?: boolean;
  /** An answer counts whatever its giver saw. */
  readonly unboundAnswers?: boolean;
  /** A timer that is due stays armed. */
  readonly timersRepeat?: boolean;
  /** A fenced actor goes on: only its mail and its effects are taken from it. */
  readonly idleFence?: boolean;
  /** A claim sent again under its nonce is counted as another. */
  readonly noClaimEcho?: boolean;
}
