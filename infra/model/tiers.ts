/** Model ids by tier, as a configuration names them: how able a model is, is the operator's judgement. */
import { z } from "zod";

const modelId = z.string().min(1).max(200);

export const tierModelsSchema = z.strictObject({
  small: modelId.optional(),
  medium: modelId.optional(),
  large: modelId.optional(),
});

export type TierModels = z.infer<typeof tierModelsSchema>;
