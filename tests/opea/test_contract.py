"""Which test proves which line of OPEA's contract (``shared/reference/opea-contract.md``, §1-§4); all named tests must exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ORCHESTRATOR, SERVICES, NAMES = "opea/test_orchestrator.py", "opea/test_services.py", "opea/test_names.py"
ENVIRONMENT = "opea/test_environment.py"
E2E = "e2e/test_opea.py"
CORE, SURFACE, DAG = "cores/test_orchestrator.py", "cores/test_http_surface.py", "cores/test_dag.py"

#: Line of the contract → the file and the test. "Not" lines are kept otherwise on purpose: docs/opea.md says how.
TABLE: dict[str, list[tuple[str, str]]] = {
    "§1 exports": [("cores/test_exports.py", "test_every_exported_name_exists")],
    "§1 deep imports": [(NAMES, "test_names_are_where_opeas_users_import_them")],
    "§1 gateways of 1.1": [(NAMES, "test_a_gateway_of_the_first_generation_serves_at_once")],
    "§2.1 names, remote descriptions, endpoint_path": [(SERVICES, "test_a_remote_service_is_only_described")],
    "§2.1 port bound when constructed, busy port, fork, stop": [
        (SERVICES, "test_a_registered_function_is_served_by_a_child_that_inherits_the_port")
    ],
    "§2.1 TLS": [(SERVICES, "test_it_serves_tls")],
    "§2.1 add_startup_event": [(SERVICES, "test_startup_events_are_called_and_awaited")],
    "§2.1 dynamic batching (not: a failure hangs)": [
        (SERVICES, "test_requests_that_wait_are_answered_together_and_a_failure_reaches_them_all")
    ],
    "§2.2 one name, two routes; sync and async handlers": [
        (SERVICES, "test_a_registered_function_is_served_by_a_child_that_inherits_the_port")
    ],
    "§2.3 health_check, health, metrics, statistics, documents": [
        (SERVICES, "test_the_app_answers_in_this_process_too"),
        (SURFACE, "test_health_and_readiness"),
        (SURFACE, "test_the_openapi_document_is_served"),
    ],
    "§2.4.1 sources share the inputs, joins": [(CORE, "test_a_join_merges_in_graph_order")],
    "§2.4.2 outputs flow on": [(CORE, "test_a_chain_passes_outputs_on")],
    "§2.4.3 parameters of a model (not: written into the caller's dict)": [
        (CORE, "test_llm_parameters_reach_llm_nodes_only_and_leave_the_callers_dict_alone")
    ],
    "§2.4.4 documents as inputs; not: Bearer None": [
        (ORCHESTRATOR, "test_a_document_is_an_input_too"),
        (CORE, "test_no_key_means_no_authorization_header"),
    ],
    "§2.4.5 not: status codes unchecked": [
        (CORE, "test_upstream_failures_name_the_node"),
        (CORE, "test_a_client_error_is_relayed_with_the_node"),
    ],
    "§2.4.6 downstream_black_list": [
        (ORCHESTRATOR, "test_an_output_may_name_services_that_it_does_not_go_to"),
        (ORCHESTRATOR, "test_what_is_held_back_is_told_as_a_stream_where_one_is_expected"),
    ],
    "§2.4.7 streaming: at the end, and through one text service": [
        (ORCHESTRATOR, "test_a_models_answer_at_the_end_is_passed_on_as_it_comes"),
        (ORCHESTRATOR, "test_a_model_streams_through_the_service_after_it_sentence_by_sentence"),
        (ORCHESTRATOR, "test_openai_events_become_sentences_and_the_end_is_told"),
    ],
    "§2.4.7 not: TypeError through speech, 200 for a failed model": [
        (ORCHESTRATOR, "test_stream_parameters_work_through_speech"),
        (ORCHESTRATOR, "test_a_model_that_fails_before_it_answers_is_an_error_of_the_run"),
    ],
    "§2.4.8 not: siblings run on, the pending gauge leaks": [
        (CORE, "test_the_first_failure_stops_the_siblings"),
        (ORCHESTRATOR, "test_a_model_that_fails_before_it_answers_is_an_error_of_the_run"),
        (ORCHESTRATOR, "test_a_stream_that_nobody_reads_is_closed_and_no_longer_pending"),
    ],
    "§2.4.9 not: nothing is cancelled": [
        (CORE, "test_cancelling_the_caller_stops_the_nodes"),
        (CORE, "test_a_slow_node_times_out_and_is_stopped"),
    ],
    "§2.4.10 selection of results": [
        (SERVICES, "test_an_application_by_opeas_recipe_answers_the_bare_path_and_says_what_is_wrong")
    ],
    "§2.4.11 metrics": [(ORCHESTRATOR, "test_a_model_streams_through_the_service_after_it_sentence_by_sentence")],
    "§2.4.12 traces (not: kept from HTTP)": [
        (NAMES, "test_calls_are_traced_with_their_parents"),
        (ORCHESTRATOR, "test_a_request_carries_the_trace_that_it_is_a_part_of"),
    ],
    "§2.4 hooks assigned on the class": [
        (ORCHESTRATOR, "test_hooks_assigned_on_the_class_get_the_schedules_arguments"),
        (ORCHESTRATOR, "test_a_plain_generator_may_align_a_stream"),
    ],
    "§2.4 helpers": [(ORCHESTRATOR, "test_words_and_chunks_are_opeas")],
    "§2.4 one megaservice, several event loops": [(ORCHESTRATOR, "test_one_megaservice_serves_one_event_loop_after_the_other")],
    "§2.5 DAG": [
        (DAG, "test_order_predecessors_and_leaves"),
        (DAG, "test_cycles_unknown_and_double_nodes_are_refused"),
        (DAG, "test_deleting_a_node_deletes_its_edges_and_leaves_copies_alone"),
    ],
    "§2.6 YAML": [
        (NAMES, "test_a_yaml_file_describes_a_megaservice"),
        (NAMES, "test_flows_are_written_as_opea_writes_them"),
        (NAMES, "test_a_flow_that_makes_no_sense_is_refused"),
    ],
    "§2.7 statistics (not: without bound)": [(SERVICES, "test_latencies_are_registered_told_and_bounded")],
    "§2.8 components": [(NAMES, "test_components_are_registered_loaded_and_forgotten")],
    "§2.9 enums": [(NAMES, "test_paths_and_numbers_are_opeas")],
    "§3 the application of 1.2 and later; not: 500 for bad requests": [
        (SERVICES, "test_an_application_by_opeas_recipe_answers_the_bare_path_and_says_what_is_wrong")
    ],
    "§3 OPEA's wiring over these services": [(E2E, "test_opeas_wiring_runs_over_our_services")],
    "§4 asr: /v1/asr, /v1/audio/transcriptions in both generations": [(E2E, "test_speech_is_recognised_in_all_shapes")],
    "§4 llm: chat, query, streams": [(E2E, "test_the_model_answers_in_all_shapes")],
    "§4 tts: /v1/tts, /v1/audio/speech in both generations": [(E2E, "test_text_is_spoken_in_all_shapes")],
    "§4 wav2lip: /v1/wav2lip, /v1/health": [(ENVIRONMENT, "test_it_stands_in_the_place_of_opeas_wav2lip_server")],
    "§4 animation: /v1/animation": [(E2E, "test_a_clip_is_drawn_in_opeas_shape")],
}


@pytest.mark.parametrize(("file", "test"), sorted({proof for proofs in TABLE.values() for proof in proofs}))
def test_every_test_of_the_table_exists(file: str, test: str) -> None:
    tree = ast.parse((Path(__file__).parents[1] / file).read_text())
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
