"""What must hold for the CloudFormation template: each check takes a parsed template and yields what is wrong with it.

`test_template.py` wants them silent, `test_template_mutations.py` shows that each of them can speak.
"""

from tests.unit.infra.template_checks import access, data, network, operation, tasks
from tests.unit.infra.template_checks.reading import Check

CHECKS: tuple[Check, ...] = (
    access.roles_have_exactly_the_rights_they_need,
    access.nothing_is_allowed_by_wildcard,
    access.roles_are_passed_to_tasks_only,
    access.the_key_is_used_through_services_only,
    access.only_our_bucket_sends_to_the_queue,
    access.transport_is_encrypted,
    data.data_is_private_encrypted_and_recoverable,
    data.a_key_of_ones_own_encrypts_what_is_kept,
    data.derived_data_has_a_lifecycle,
    data.browsers_may_post_from_the_panel_alone,
    data.images_are_scanned_and_never_replaced,
    tasks.tasks_are_confined,
    tasks.secrets_come_from_the_secret,
    network.nobody_calls_in,
    network.workers_reach_qdrant_and_models_wherever_they_are,
    network.network_is_made_or_given,
    network.rules_use_what_rules_know,
    tasks.keys_are_asked_for_where_the_worker_needs_them,
    tasks.limits_of_the_model_reach_the_worker,
    tasks.choices_of_the_model_reach_the_worker,
    tasks.times_agree,
    tasks.memory_suffices,
    tasks.the_worker_accepts_its_settings,
    data.events_are_those_that_the_worker_accepts,
    operation.alarms_tell_people_what_to_do,
    operation.alarms_watch_what_the_worker_emits,
    operation.scaling_wakes_grows_and_sleeps,
    operation.queue_metrics_never_fall_silent,
    operation.history_is_written_when_no_worker_runs,
    operation.deployments_leave_busy_tasks_alone,
    network.it_fits_into_one_request,
)
