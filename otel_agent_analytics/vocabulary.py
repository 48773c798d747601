"""Every attribute, event, outcome, reason and label value that this project writes or reads, each once.

Nothing else in the package spells such a string. The GenAI names follow the newest semantic conventions; they are kept
here because the conventions move, so that a rename is a change of this file alone.
"""

from __future__ import annotations

from typing import Final

# --- Scope of everything that we emit ---------------------------------------------------------------------------------
SCOPE_NAME: Final = "otel_agent_analytics"
DERIVED_SCOPE_NAME: Final = "otel_agent_analytics.conversations"
ANALYZER_SERVICE_NAME: Final = "otel-agent-analytics"
"""The service that pushes metrics; which service a conversation belongs to is a label of these."""
OUR_SCOPES: Final = frozenset({SCOPE_NAME, DERIVED_SCOPE_NAME})
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai/1.42.0"

# --- Stable OpenTelemetry names ---------------------------------------------------------------------------------------
ERROR_TYPE: Final = "error.type"
SERVICE_NAME: Final = "service.name"
SERVICE_NAMESPACE: Final = "service.namespace"
SERVICE_VERSION: Final = "service.version"
SERVICE_INSTANCE_ID: Final = "service.instance.id"
DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"
SESSION_ID: Final = "session.id"
USER_HASH: Final = "user.hash"
COUNTRY: Final = "geo.country.iso_code"

# --- GenAI conventions ------------------------------------------------------------------------------------------------
GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
GEN_AI_PROVIDER_NAME: Final = "gen_ai.provider.name"
GEN_AI_CONVERSATION_ID: Final = "gen_ai.conversation.id"
GEN_AI_WORKFLOW_NAME: Final = "gen_ai.workflow.name"
GEN_AI_AGENT_NAME: Final = "gen_ai.agent.name"
GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
GEN_AI_RESPONSE_MODEL: Final = "gen_ai.response.model"
GEN_AI_RESPONSE_ID: Final = "gen_ai.response.id"
GEN_AI_REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
GEN_AI_REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
GEN_AI_REQUEST_TOP_P: Final = "gen_ai.request.top_p"
GEN_AI_REQUEST_FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
GEN_AI_REQUEST_PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
GEN_AI_REQUEST_REASONING_LEVEL: Final = "gen_ai.request.reasoning.level"
GEN_AI_REQUEST_STREAM: Final = "gen_ai.request.stream"
GEN_AI_RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
GEN_AI_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
GEN_AI_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
GEN_AI_TOOL_NAME: Final = "gen_ai.tool.name"
GEN_AI_TOOL_TYPE: Final = "gen_ai.tool.type"
GEN_AI_TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
GEN_AI_TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
GEN_AI_TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
GEN_AI_TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
GEN_AI_SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
GEN_AI_INPUT_MESSAGES: Final = "gen_ai.input.messages"
GEN_AI_OUTPUT_MESSAGES: Final = "gen_ai.output.messages"

GEN_AI_TOKEN_MODALITY: Final = "gen_ai.token.modality"  # noqa: S105 - these tokens are words
OPENAI_API_TYPE: Final = "openai.api.type"
OPENAI_RESPONSE_SERVICE_TIER: Final = "openai.response.service_tier"
MCP_METHOD_NAME: Final = "mcp.method.name"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"

OPERATION_CHAT: Final = "chat"
OPERATION_TEXT_COMPLETION: Final = "text_completion"
OPERATION_GENERATE_CONTENT: Final = "generate_content"
OPERATION_INVOKE_AGENT: Final = "invoke_agent"
OPERATION_INVOKE_WORKFLOW: Final = "invoke_workflow"
OPERATION_EXECUTE_TOOL: Final = "execute_tool"
PROVIDER_OPENAI: Final = "openai"
TOOL_TYPE_FUNCTION: Final = "function"
MCP_TOOLS_LIST: Final = "tools/list"
API_RESPONSES: Final = "responses"
API_CHAT_COMPLETIONS: Final = "chat_completions"
MODALITY_UNKNOWN: Final = "unknown"
EVENT_INFERENCE_DETAILS: Final = "gen_ai.client.inference.operation.details"

# The conventions' metrics of runs; our own stand in outputs/catalogue.
METRIC_INFERENCE_DURATION: Final = "gen_ai.client.inference.duration"
METRIC_TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.inference.time_to_first_chunk"
METRIC_USAGE_INPUT_TOKENS: Final = "gen_ai.client.inference.usage.input_tokens"
METRIC_USAGE_OUTPUT_TOKENS: Final = "gen_ai.client.inference.usage.output_tokens"
METRIC_USAGE_CACHE_READ_TOKENS: Final = "gen_ai.client.inference.usage.cache_read.input_tokens"
METRIC_USAGE_CACHE_WRITE_TOKENS: Final = "gen_ai.client.inference.usage.cache_write.input_tokens"
METRIC_USAGE_REASONING_TOKENS: Final = "gen_ai.client.inference.usage.reasoning.output_tokens"
METRIC_OPERATION_INPUT_TOKENS: Final = "gen_ai.client.inference.operation.input_tokens"
METRIC_OPERATION_OUTPUT_TOKENS: Final = "gen_ai.client.inference.operation.output_tokens"
METRIC_AGENT_DURATION: Final = "gen_ai.invoke_agent.duration"
METRIC_AGENT_INFERENCE_CALLS: Final = "gen_ai.invoke_agent.inference_calls"
METRIC_AGENT_TOOL_CALLS: Final = "gen_ai.invoke_agent.tool_calls"
METRIC_WORKFLOW_DURATION: Final = "gen_ai.invoke_workflow.duration"
METRIC_TOOL_DURATION: Final = "gen_ai.execute_tool.duration"
METRIC_MCP_DURATION: Final = "mcp.client.operation.duration"

# A user's feedback travels as the conventions' evaluation event.
EVENT_EVALUATION_RESULT: Final = "gen_ai.evaluation.result"
GEN_AI_EVALUATION_NAME: Final = "gen_ai.evaluation.name"
GEN_AI_EVALUATION_SCORE_VALUE: Final = "gen_ai.evaluation.score.value"
GEN_AI_EVALUATION_SCORE_LABEL: Final = "gen_ai.evaluation.score.label"
GEN_AI_EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"
EVALUATION_USER_FEEDBACK: Final = "user_feedback"
EVALUATION_RESOLUTION: Final = "resolution"
RESOLVED_LABELS: Final = frozenset({"resolved", "pass", "passed", "yes", "true", "correct"})
UNRESOLVED_LABELS: Final = frozenset({"unresolved", "fail", "failed", "no", "false", "incorrect"})

# --- Our own span attributes ------------------------------------------------------------------------------------------
OPERATION: Final = "agent_analytics.operation"
OPERATION_TURN: Final = "handle_conversation_turn"
OPERATION_MODEL_TURN: Final = "model_turn"
OPERATION_HANDOFF: Final = "handoff"
OPERATION_GUARDRAIL: Final = "guardrail"
OPERATION_NESTED_RUN: Final = "nested_run"
OPERATION_CUSTOM: Final = "custom"
OPERATION_TRANSCRIPTION: Final = "transcription"
OPERATION_SPEECH: Final = "speech"
OPERATION_SPEECH_GROUP: Final = "speech_group"
OPERATION_GENERIC: Final = "sdk_span"

DERIVED: Final = "agent_analytics.derived"
CONVERSATION_KEY: Final = "agent_analytics.conversation.key"
INNER: Final = "agent_analytics.inner"
MODEL_TURN: Final = "agent_analytics.model_turn"
SDK_SPAN_TYPE: Final = "agent_analytics.sdk_span_type"
HANDOFF_FROM_AGENT: Final = "agent_analytics.handoff.from_agent"
HANDOFF_TO_AGENT: Final = "agent_analytics.handoff.to_agent"
GUARDRAIL_NAME: Final = "agent_analytics.guardrail.name"
GUARDRAIL_TRIGGERED: Final = "agent_analytics.guardrail.triggered"
TOOL_RESULT_FAILED: Final = "agent_analytics.tool.result_failed"
ANSWERING_AGENT: Final = "agent_analytics.answering_agent"
TURN_ERROR_TYPE: Final = "agent_analytics.turn.error_type"
TURN_RESUMED: Final = "agent_analytics.turn.resumed"
MODEL_TURN_ERROR_TYPE: Final = "agent_analytics.model_turn.error_type"
TIME_TO_FIRST_TOKEN: Final = "agent_analytics.time_to_first_token"  # noqa: S105 - as above
MCP_SERVER: Final = "agent_analytics.mcp.server"
MCP_TOOLS: Final = "agent_analytics.mcp.tools"
VOICE_MODEL: Final = "agent_analytics.voice.model"
VOICE_FORMAT: Final = "agent_analytics.voice.format"
VOICE_TIME_TO_FIRST_AUDIO: Final = "agent_analytics.voice.time_to_first_audio"
TURN_ANSWERED: Final = "agent_analytics.turn.answered"
USER_MESSAGE_LENGTH: Final = "agent_analytics.user_message.length"
# Signals: what a text says, as numbers. An attribute that is absent says that the signal is unknown.
USER_MESSAGE_LANGUAGE: Final = "agent_analytics.user_message.language"
USER_MESSAGE_SENTIMENT: Final = "agent_analytics.user_message.sentiment"
USER_MESSAGE_CLOSING: Final = "agent_analytics.user_message.closing"
USER_MESSAGE_THANKS: Final = "agent_analytics.user_message.thanks"
USER_MESSAGE_NEGATION: Final = "agent_analytics.user_message.negation"
USER_MESSAGE_QUESTION: Final = "agent_analytics.user_message.question"
USER_MESSAGE_SAYS_NO: Final = "agent_analytics.user_message.says_no"
USER_MESSAGE_COMPLAINT: Final = "agent_analytics.user_message.complaint"
USER_MESSAGE_HUMAN_REQUEST: Final = "agent_analytics.user_message.human_request"
USER_MESSAGE_OVERLAP: Final = "agent_analytics.user_message.overlap"
USER_MESSAGE_REPHRASE: Final = "agent_analytics.user_message.rephrase"
USER_MESSAGE_REPEAT: Final = "agent_analytics.user_message.repeat"
# What a message wants: never its words, only names that the application or many users gave.
USER_MESSAGE_INTENT: Final = "agent_analytics.user_message.intent"
USER_MESSAGE_INTENT_CONFIDENCE: Final = "agent_analytics.user_message.intent_confidence"
USER_MESSAGE_CONTENT_WORDS: Final = "agent_analytics.user_message.content_words"
USER_MESSAGE_TOPIC: Final = "agent_analytics.user_message.topic"
USER_MESSAGE_WORDS: Final = "agent_analytics.user_message.words"
"""Within the analyzer only: what topics are learnt from. Nothing that leaves has it, and no event that is stored."""
AGENT_MESSAGE_LENGTH: Final = "agent_analytics.agent_message.length"
AGENT_MESSAGE_QUESTION: Final = "agent_analytics.agent_message.question"
AGENT_MESSAGE_REFUSAL: Final = "agent_analytics.agent_message.refusal"
AGENT_MESSAGE_STATEMENT: Final = "agent_analytics.agent_message.outcome_statement"
TURN_LOOPS: Final = "agent_analytics.turn.loops"
TURN_WAITS_FOR_APPROVAL: Final = "agent_analytics.turn.waits_for_approval"
CUT_OFF: Final = "agent_analytics.cut_off"
CHANNEL: Final = "agent_analytics.channel"
DEVICE: Final = "agent_analytics.device"
LANGUAGE: Final = "agent_analytics.language"
METADATA_PREFIX: Final = "agent_analytics.metadata."
DATA_PREFIX: Final = "agent_analytics.data."

# --- Log records: what no span carries --------------------------------------------------------------------------------
EVENT_ID: Final = "agent_analytics.event.id"
EVENT_PREFIX: Final = "agent_analytics."
EVENT_STARTED: Final = "agent_analytics.started"
EVENT_USER_MESSAGE: Final = "agent_analytics.user_message"
EVENT_AGENT_RESPONSE: Final = "agent_analytics.agent_response"
EVENT_TOOL_CALLED: Final = "agent_analytics.tool_called"
EVENT_HANDOFF_REQUESTED: Final = "agent_analytics.handoff_requested"
EVENT_FEEDBACK_RECEIVED: Final = "agent_analytics.feedback_received"
EVENT_COMPLETED: Final = "agent_analytics.completed"
EVENT_ABANDONED: Final = "agent_analytics.abandoned"
EVENT_ENDED: Final = "agent_analytics.ended"
EVENT_CONVERSATION_ENDED: Final = "agent_analytics.conversation_ended"
EVENT_REOPENED: Final = "agent_analytics.reopened"
OUTCOME: Final = "agent_analytics.outcome"
RATER: Final = "agent_analytics.feedback.rater"
DURATION_SECONDS: Final = "agent_analytics.duration_seconds"
METADATA_FEEDBACK: Final = METADATA_PREFIX + "feedback"

LIFECYCLE_EVENTS: Final = tuple(
    name.removeprefix(EVENT_PREFIX)
    for name in (
        EVENT_STARTED,
        EVENT_USER_MESSAGE,
        EVENT_AGENT_RESPONSE,
        EVENT_TOOL_CALLED,
        EVENT_HANDOFF_REQUESTED,
        EVENT_FEEDBACK_RECEIVED,
        EVENT_COMPLETED,
        EVENT_ABANDONED,
    )
)

# --- Outcomes, and which line of the definition decided ---------------------------------------------------------------
COMPLETED: Final = "completed"
ESCALATED: Final = "escalated"
FAILED: Final = "failed"
ABANDONED: Final = "abandoned"
SILENT: Final = "silent"
OUTCOMES: Final = (COMPLETED, ESCALATED, FAILED, ABANDONED, SILENT)

REASON_EXPLICIT: Final = "explicit"
REASON_ESCALATION: Final = "escalation"
REASON_RUN_FAILED: Final = "run_failed"
REASON_CLOSING_WORDS: Final = "closing_words"
REASON_SUCCESS_STATEMENT: Final = "success_statement"
REASON_NO_ANSWER: Final = "no_answer"
REASON_OPEN_QUESTION: Final = "open_question"
REASON_DISSATISFIED: Final = "dissatisfied"
REASON_REPHRASED: Final = "rephrased"
REASON_TOOL_FAILED: Final = "tool_failed"
REASON_NONE: Final = "no_sign"

# --- What an agent's message says of the result -----------------------------------------------------------------------
STATEMENT_SUCCESS: Final = "success"
STATEMENT_FAILURE: Final = "failure"
STATEMENT_NONE: Final = "none"
STATEMENTS: Final = (STATEMENT_SUCCESS, STATEMENT_FAILURE, STATEMENT_NONE)

# --- Values of closed labels ------------------------------------------------------------------------------------------
ROLE_USER: Final = "user"
ROLE_AGENT: Final = "agent"
ROLES: Final = (ROLE_USER, ROLE_AGENT)
POSITIVE: Final = "positive"
NEUTRAL: Final = "neutral"
NEGATIVE: Final = "negative"
RATINGS: Final = (POSITIVE, NEUTRAL, NEGATIVE)
FRUSTRATED: Final = "frustrated"
SENTIMENTS: Final = (POSITIVE, NEUTRAL, NEGATIVE, FRUSTRATED, "unknown")
IMPROVED: Final = "improved"
STABLE: Final = "stable"
DECLINED: Final = "declined"
TRAJECTORIES: Final = (IMPROVED, STABLE, DECLINED, "unknown")
RESOLVED: Final = "resolved"
PARTIALLY_RESOLVED: Final = "partially_resolved"
UNRESOLVED: Final = "unresolved"
RESOLUTION_STATUSES: Final = (RESOLVED, PARTIALLY_RESOLVED, UNRESOLVED, ESCALATED, "unknown")
CONTAINED: Final = "contained"
ASSUMED: Final = "assumed"
CONFIRMED: Final = "confirmed"
VERIFIED: Final = "verified"
RESOLUTIONS: Final = (CONTAINED, ASSUMED, CONFIRMED, VERIFIED)
SOURCE_RUN: Final = "run"
SOURCE_TOOL: Final = "tool"
SOURCE_MODEL: Final = "model"
ERROR_SOURCES: Final = (SOURCE_RUN, SOURCE_TOOL, SOURCE_MODEL)
WINDOWS: Final = ("1d", "7d", "30d")
LOCAL: Final = "local"
JUDGED: Final = "judged"
JUDGED_BEFORE: Final = "judged_before"
WITHOUT_TEXT: Final = "without_text"
DISCARDED: Final = "discarded"
GIVEN_UP: Final = "given_up"
JUDGE_RESULTS: Final = (JUDGED, JUDGED_BEFORE, WITHOUT_TEXT, DISCARDED, GIVEN_UP)
JUDGE_TIMEOUT: Final = "timeout"
JUDGE_CONNECTION: Final = "connection"
JUDGE_RATE_LIMITED: Final = "rate_limited"
JUDGE_SERVER_ERROR: Final = "server_error"
JUDGE_REFUSED: Final = "refused"
JUDGE_NOT_ALLOWED: Final = "not_allowed"
JUDGE_BAD_OUTPUT: Final = "bad_output"
JUDGE_FAULT: Final = "internal"
JUDGE_FAILURES: Final = (
    JUDGE_TIMEOUT, JUDGE_CONNECTION, JUDGE_RATE_LIMITED, JUDGE_SERVER_ERROR, JUDGE_REFUSED, JUDGE_NOT_ALLOWED,
    JUDGE_BAD_OUTPUT, JUDGE_FAULT,
)  # fmt: skip
TOKEN_TYPES: Final = ("input", "output", "cache_read", "cache_write", "reasoning")
LAST_SINGLE_TURN: Final = 20
TURNS: Final = (*(str(turn) for turn in range(1, LAST_SINGLE_TURN + 1)), f"{LAST_SINGLE_TURN + 1}+")
UNKNOWN: Final = "unknown"
OTHER_LABEL: Final = "other"
OTHER_ERROR: Final = "_OTHER"
CUT_OFF_ERROR: Final = "cut_off"
TOOL_ERROR_RESULT: Final = "error_result"
DEFAULT_RATER: Final = "user"
END_IDLE: Final = "idle"
END_REQUESTED: Final = "requested"
END_MAX_AGE: Final = "max_age"

# Keys of a trace's metadata that may name the conversation, in this order.
CONVERSATION_METADATA_KEYS: Final = ("conversation_id", "session_id", "thread_id", "chat_id")

# --- What can be said of the pipeline itself --------------------------------------------------------------------------
PIPELINE_RECEIVED: Final = "received"
PIPELINE_DUPLICATE: Final = "duplicate"
PIPELINE_LATE: Final = "late"
PIPELINE_WITHOUT_CONVERSATION: Final = "without_conversation"
PIPELINE_CONVERSATION_FULL: Final = "conversation_full"
PIPELINE_QUEUE_FULL: Final = "queue_full"
PIPELINE_FUTURE: Final = "future"
PIPELINE_BAD_TIME: Final = "bad_time"
PIPELINE_BAD_ID: Final = "bad_id"
PIPELINE_UNREADABLE: Final = "unreadable"
PIPELINE_CONVERSATION_DAMAGED: Final = "conversation_damaged"
PIPELINE_EVENT_REFUSED: Final = "event_refused"
PIPELINE_EVENT_UNSENT: Final = "event_unsent"
DROP_REASONS: Final = (
    PIPELINE_CONVERSATION_FULL, PIPELINE_QUEUE_FULL, PIPELINE_FUTURE, PIPELINE_BAD_TIME, PIPELINE_BAD_ID,
    PIPELINE_UNREADABLE, PIPELINE_CONVERSATION_DAMAGED, PIPELINE_EVENT_REFUSED, PIPELINE_EVENT_UNSENT,
)  # fmt: skip
PIPELINE_BAD_VALUE: Final = "bad_value"
PIPELINE_ATTRIBUTE_COUNT: Final = "attribute_count"
PIPELINE_ATTRIBUTE_LENGTH: Final = "attribute_length"
CUT_REASONS: Final = (PIPELINE_ATTRIBUTE_COUNT, PIPELINE_ATTRIBUTE_LENGTH)
PIPELINE_DERIVED_ELSEWHERE: Final = "derived_elsewhere"
PIPELINE_FEEDBACK_UNMATCHED: Final = "feedback_unmatched"
