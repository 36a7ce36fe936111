// Made by groundup.studio.make_event_types from training/events.py: not to be edited by hand.

/** Training begins.
 * @typedef {object} StartEvent
 * @property {"start"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {string} run
 * @property {string} model
 * @property {string} corpus
 * @property {string} budget
 * @property {number} parameters
 * @property {number} flops_per_token
 * @property {number} vocab_size
 * @property {string} tokenizer
 * @property {string} precision
 * @property {string} precision_why
 * @property {string} device
 * @property {number} spent
 */

/** Training goes on from the last save.
 * @typedef {object} ResumeEvent
 * @property {"resume"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {string} run
 * @property {string} model
 * @property {string} corpus
 * @property {string} budget
 * @property {number} parameters
 * @property {number} flops_per_token
 * @property {number} vocab_size
 * @property {string} tokenizer
 * @property {string} precision
 * @property {string} precision_why
 * @property {string} device
 * @property {number} spent
 */

/** A step of the optimiser, one of some four a second.
 * @typedef {object} StepEvent
 * @property {"step"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {number} loss
 * @property {number} learning_rate
 * @property {number} gradient_norm
 * @property {number} spent
 * @property {Record<string, number> | undefined} update_ratio
 * @property {number} tokens_per_second
 */

/** The whole validation split was scored.
 * @typedef {object} EvaluationEvent
 * @property {"evaluation"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {number} bpb
 * @property {number} loss
 * @property {number} perplexity
 * @property {boolean} best
 * @property {number} coverage
 * @property {number} spent
 * @property {string} sample
 */

/** The budget was changed while the run was training.
 * @typedef {object} BudgetEvent
 * @property {"budget"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {string} budget
 * @property {number} spent
 */

/** The loss is no longer a number; training stops.
 * @typedef {object} DivergedEvent
 * @property {"diverged"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {number} last_loss
 * @property {number} last_gradient_norm
 */

/** Training ends.
 * @typedef {object} EndEvent
 * @property {"end"} event
 * @property {number} step
 * @property {number} tokens
 * @property {number} seconds
 * @property {"budget" | "early" | "interrupted"} reason
 * @property {number} best_bpb
 * @property {number} best_step
 * @property {number} tokens_per_second
 */

/** @typedef {StartEvent | ResumeEvent | StepEvent | EvaluationEvent | BudgetEvent | DivergedEvent | EndEvent} RunEvent */

export {};
