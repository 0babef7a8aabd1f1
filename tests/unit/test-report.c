/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that are easy to get wrong in a command's report, as JSON and as text. */
#include "tree.h"

#include <string.h>

static void
assert_outputs (JsonObject *report, const char *json, const char *text)
{
    g_autofree char *is_json = vgate_report_to_json_line (report), *is_text = vgate_report_to_text (report);

    g_assert_cmpstr (is_json, ==, json);
    g_assert_cmpstr (is_text, ==, text);
}

/* 2^53 + 1 is not exact as a double, and 2^64 - 1 does not fit a signed integer. */
static void
test_numbers (void)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "r"), *limits;

    vgate_tree_set_number (tree, "zero", 0);
    vgate_tree_set_number (tree, "odd", (G_GUINT64_CONSTANT (1) << 53) + 1);
    vgate_tree_set_number (tree, "signed-max", G_MAXINT64);
    vgate_tree_set_number (tree, "unsigned-max", G_MAXUINT64);
    vgate_tree_set_number (tree, "framebuffer", G_GUINT64_CONSTANT (20) << 30);
    limits = vgate_tree_add_child (tree, "time-slice");
    vgate_tree_set_number (limits, "min", 1000000);
    assert_outputs (report,
                    "{\"r\":{\"zero\":0,\"odd\":9007199254740993,\"signed-max\":9223372036854775807,"
                    "\"unsigned-max\":9223372036854775807,\"framebuffer\":21474836480,"
                    "\"time-slice\":{\"min\":1000000}}}",
                    "zero            0\nodd             9007199254740993\n"
                    "signed max      9223372036854775807\nunsigned max    9223372036854775807\n"
                    "framebuffer     20 GiB\ntime slice min  1 ms\n");
}

/* A control character can move a terminal's cursor, and ends a line of JSON. */
static void
test_strings (void)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "r");

    json_object_set_string_member (tree, "quoted", "a\"b\\c/d<&>'");
    json_object_set_string_member (tree, "foreign", "größe €");
    json_object_set_string_member (tree, "control", "a\nb\x1b[2Jc\x7f");
    json_object_set_string_member (tree, "base64", "AAEC");
    assert_outputs (report,
                    "{\"r\":{\"quoted\":\"a\\\"b\\\\c/d<&>'\",\"foreign\":\"größe €\","
                    "\"control\":\"a\\nb\\u001b[2Jc\\u007f\",\"base64\":\"AAEC\"}}",
                    "quoted   a\"b\\c/d<&>'\nforeign  größe €\ncontrol  a?b?[2Jc?\n");
}

/* Members keep the order in which they were added; a member that an item lacks is shown as a dash. */
static void
test_lists (void)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "r"), *item;
    JsonArray *list = vgate_tree_add_list (tree, "gpu");

    vgate_tree_add_list (tree, "entry");
    item = vgate_tree_add_item (list);
    json_object_set_string_member (item, "z", "größe");
    json_object_set_boolean_member (item, "a-b", TRUE);
    item = vgate_tree_add_item (vgate_tree_add_list (tree, "gpu"));
    json_object_set_string_member (item, "z", "s");
    vgate_tree_set_number (item, "run", 2000);
    assert_outputs (
        report, "{\"r\":{\"gpu\":[{\"z\":\"größe\",\"a-b\":true},{\"z\":\"s\",\"run\":2000}],\"entry\":[]}}",
        "GPU Z  A B  RUN\ngröße  yes  -\ns      -    2 us\n");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/report/numbers", test_numbers);
    g_test_add_func ("/report/strings", test_strings);
    g_test_add_func ("/report/lists", test_lists);
    return g_test_run ();
}
