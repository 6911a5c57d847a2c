/**
 * How a call to a language model looks, by client library. Data only: a new client is a new row.
 */

export interface ModelClient {
  readonly id: string;
  readonly callee: RegExp;
  /** The file must import something that matches, because the callee alone could be anything. */
  readonly imports?: RegExp;
  /** Called without anything it asks nothing: it hands out the model. */
  readonly given?: true;
}

export const modelClients: readonly ModelClient[] = [
  { id: "anthropic", callee: /\.(messages|messages\.batches)\.(create|stream|parse|tool_runner|toolRunner)$/ },
  { id: "openai-chat", callee: /chat\.completions\.(create|stream|parse|runTools)$/ },
  { id: "openai-chat", callee: /chat\.completions\.with_(raw|streaming)_response\.create$/ },
  { id: "openai-responses", callee: /\.responses\.(create|stream|parse|connect)$/ },
  { id: "openai-legacy", callee: /(^|\.)(ChatCompletion|completions|openai\.Completion)\.a?create$/ },
  {
    id: "google-genai",
    callee:
      /\.(generateContent|generateContentStream|generate_content|generate_content_stream|generate_content_async)$/,
  },
  // A conversation that the client keeps.
  {
    id: "google-genai",
    callee: /\.(sendMessage|sendMessageStream|send_message|send_message_async|send_message_stream)$/,
    imports: /genai|generative-?ai|vertexai/i,
  },
  { id: "mistral", callee: /\.chat\.(complete|stream|complete_async|stream_async)$/ },
  { id: "ollama", callee: /(^|\.)(ollama|client)\.(chat|generate)$/, imports: /\bollama\b/i },
  { id: "litellm", callee: /(^|\.)litellm\.(a?completion|a?responses|a?text_completion)$/ },
  { id: "litellm", callee: /^a?completion$/, imports: /\blitellm\b/ },
  { id: "litellm", callee: /router\.(a?completion|a?responses)$/i, imports: /\blitellm\b/ },
  {
    id: "ai-sdk",
    callee: /^(\w+\.)?(generateText|streamText|generateObject|streamObject)$/,
    imports: /["'](ai|@ai-sdk\/[\w-]+)["']/,
  },
  // The interface that every model of it has, asked without the library's own functions around it.
  { id: "ai-sdk", callee: /\.(doStream|doGenerate)$/ },
  { id: "effect-ai", callee: /\bLanguageModel\.(generateText|streamText|generateObject)$/ },
  { id: "tanstack-ai", callee: /^(chat|summarize)$/, imports: /["']@tanstack\/ai["']/ },
  { id: "genkit", callee: /(^|\.)(generate|generateStream)$/, imports: /["']genkit["'/]/ },
  {
    id: "bedrock",
    callee:
      /(\.(converse|converse_stream|invoke_model|invoke_model_with_response_stream)|new (ConverseCommand|ConverseStreamCommand|InvokeModel\w*Command))$/,
  },
  {
    id: "huggingface",
    callee: /\.(chat_completion|chatCompletion|chatCompletionStream|text_generation|textGeneration)$/,
  },
  { id: "transformers", callee: /\bmodel\.generate$/, imports: /\btransformers\b/ },
  { id: "vllm", callee: /(llm|engine|model)\w*\.(generate|chat)$/i, imports: /\bvllm\b/ },
  { id: "llama-cpp", callee: /\.create_(chat_)?completion$/ },
  { id: "dashscope", callee: /(^|\.)(Generation|MultiModalConversation)\.a?call$/, imports: /\bdashscope\b/ },
  { id: "watsonx", callee: /(model|inference)\w*\.(chat|generate|generate_text)$/i, imports: /ibm_watsonx_ai/ },
  { id: "workers-ai", callee: /(^|\.)AI\.run$/ },
  {
    id: "langchain",
    callee:
      /(llm|model|chat|chain|runnable)\w*(\.bind_?[tT]ools\(.*\))?\.(a?invoke|a?stream|a?batch|a?predict|a?predict_messages|a?generate_prompt|agenerate|astream_events|streamEvents)$/i,
    imports: /langchain|langgraph/,
  },
  // A compiled graph, or an executor, that holds the loop.
  {
    id: "langchain-agent",
    callee: /(graph|agent|executor)\w*\.(a?invoke|a?stream|astream_events|streamEvents)$/i,
    imports: /langchain|langgraph/,
  },
  { id: "claude-agent-sdk", callee: /^query$/, imports: /claude[-_](agent|code)/ },
  { id: "claude-agent-sdk", callee: /^ClaudeSDKClient$/, imports: /claude_agent_sdk/ },
  { id: "pi-ai", callee: /^(streamSimple|completeSimple)$/, imports: /pi-ai/ },
  { id: "cohere", callee: /(^|[._])(co|cohere\w*|co_?client\w*)\.(chat|chat_stream|chatStream|generate)$/i },
  {
    id: "langchain-agent",
    callee: /^(create_agent|createAgent|create_react_agent|createReactAgent|create_deep_agent)$/,
    imports: /langchain|langgraph|deepagents/,
  },
  // LangChain of before, where a model is a function; what makes one is no call of it.
  {
    id: "langchain",
    callee: /(^|\.)(?!(?:get|make|create|build|load|init|new)_)\w*(llm|chat_model)$/,
    imports: /langchain/,
    given: true,
  },
  { id: "langchain", callee: /(^|\.)\w*[cC]hain\.(a?run|a?predict|a?call|apply)$/, imports: /langchain/ },
  { id: "langchain-agent", callee: /^(initialize_agent|AgentExecutor)$/, imports: /langchain/ },
  { id: "pydantic-ai-agent", callee: /agent\w*\.(run|run_sync|run_stream|iter)$/i, imports: /pydantic_ai/ },
  { id: "openai-agent-sdk", callee: /(^|\.)Runner\.(run|run_sync|run_streamed)$/, imports: /\bagents\b/ },
  { id: "openai-agent-sdk", callee: /^run$/, imports: /["']@openai\/agents["']/ },
  { id: "crewai-agent", callee: /\.kickoff(_async|_for_each)?$/, imports: /\bcrewai\b/ },
  { id: "autogen-agent", callee: /\.(a_)?initiate_chats?$/, imports: /\b(autogen|ag2)\b/ },
  {
    id: "llama-index",
    callee: /(llm|agent|engine)\w*\.(a?chat|a?complete|stream_chat|stream_complete)$/i,
    imports: /llama_?index/,
  },
  {
    id: "semantic-kernel",
    callee: /\.(invoke_prompt|get_(streaming_)?chat_message_contents?)$/,
    imports: /semantic_kernel/,
  },
  { id: "mastra-agent", callee: /agent\w*\.(generate|stream)(Legacy|VNext)?$/i, imports: /@mastra\// },
  { id: "autogen", callee: /model_?client\w*\.(create|create_stream)$/i, imports: /\bautogen/ },
  { id: "autogen-agent", callee: /(team|agent)\w*\.(run|run_stream|on_messages)$/i, imports: /\bautogen_agentchat\b/ },
  { id: "google-adk-agent", callee: /runner\w*\.(run|run_async|run_live)$/i, imports: /google\.adk|@google\/adk/ },
  { id: "agno-agent", callee: /(agent|team)\w*\.(a?run|a?print_response)$/i, imports: /\b(agno|phi)\b/ },
  { id: "smolagents-agent", callee: /agent\w*\.run$/i, imports: /\bsmolagents\b/ },
  { id: "codex-sdk", callee: /thread\w*\.(run|runStreamed)$/i, imports: /codex-sdk/ },
  { id: "replicate", callee: /(^|\.)replicate\.(run|stream)$/ },
];

export const httpCall = /(^|\.)(fetch|post|request|stream|got|axios|ky|urlopen|send)$/;
/** A model endpoint inside a string. */
export const modelEndpoint =
  /["'`][^"'`\n]{0,160}(v1\/messages|v1\/complete\b|\/openai\/deployments\/|:(?:streamR|r)awPredict|chat\/completions|\/v1\/responses|\/responses["'`]|:generateContent|:streamGenerateContent|\/api\/chat\b|\/api\/generate\b|\/v1\/completions)/;

/** A message that carries a tool call, in any vendor's words. */
export const toolCallWords =
  /\b(tool_use|tool_calls?|toolCalls?|toolUse|function_calls?|functionCalls?|ToolCall|ToolUse|FunctionCall|tool-call|tool_name|toolName)\b/;

/** Names too common to follow from call to definition. */
export const commonNames = new Set(
  "constructor __init__ then catch map get set push pop add main init start close default forEach filter handler callback update render setup open read write load save log print format parse toString next send reset clear delete find test apply emit on off wait join keys values items append extend copy __call__ __enter__ __exit__ create build handle request fetch post connect initialize dispose refresh get_state".split(
    " ",
  ),
);
/** Names followed only when the receiver looks like a model, a client or the object itself. */
export const receiverOfModel =
  /(model|llm|client|provider|api|chat|agent|engine|backend|coder|session|self|this|super\(\)|loop|runner|ai)\w*\??$/i;
