/* Who evaluates what: the rows that are not evaluation's own are `E on train`, stages that are called, and initial values,
 * each of which makes something of the program beside its value. */
#include "dsl/lower/stage.h"

const struct forms forms = {
    .expression =
        {
            [AST_NUMBER] = eval_number_literal,
            [AST_STRING] = eval_string,
            [AST_KEY] = eval_key,
            [AST_NAME] = eval_name,
            [AST_LIST] = eval_list,
            [AST_RECORD] = eval_record,
            [AST_FOR] = eval_generator,
            [AST_CALL] = eval_call,
            [AST_INDEX] = eval_index,
            [AST_FIELD] = eval_field,
            [AST_TRANSPOSE] = eval_transpose,
            [AST_NEGATE] = eval_negate,
            [AST_NOT] = eval_not,
            [AST_BINARY] = eval_chain,
            [AST_PIPE] = eval_chain,
            [AST_AS] = eval_chain,
            [AST_IF] = eval_if,
            [AST_STILL] = eval_mode,
            [AST_LIVE] = eval_mode,
            [AST_HELD] = eval_mode,
            [AST_ON] = eval_on,
        },
    .definition =
        {
            [AST_DATA] = define_data,
            [AST_OPTION] = define_option,
            [AST_VIEW] = define_view,
            [AST_BIND] = define_name,
            [AST_BLOCK] = define_closure,
            [AST_DEF] = define_closure,
            [AST_RULE] = define_closure,
            [AST_STAGE] = define_closure,
            [AST_PARAM] = define_parameter,
            [AST_STATE] = define_parameter,
            [AST_VARIABLE] = define_row_variable,
            [AST_DRAW] = define_parameter,
        },
    .statement =
        {
            [AST_BIND] = run_definition,
            [AST_BLOCK] = run_definition,
            [AST_DEF] = run_definition,
            [AST_RULE] = run_definition,
            [AST_PARAM] = run_parameter,
            [AST_STATE] = run_parameter,
            [AST_DRAW] = run_draw,
            [AST_WRITE] = write_state,
        },
    .function =
        {
            [FORM_FOLD] = call_fold,
            [FORM_SCAN] = call_fold,
            [FORM_GRADIENT] = call_gradient,
            [FORM_WEIGHTS] = call_weights,
            [FORM_AVERAGE] = call_average,
        },
    .call_stage = call_stage,
    .begin_average = begin_average,
    .initial_value = initial_value,
    .initial_copy = initial_copy,
    .initial_rows = initial_rows,
};
