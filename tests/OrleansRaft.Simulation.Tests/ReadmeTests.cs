using System.Globalization;
using System.Text.RegularExpressions;
using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>The tables of <c>tests/README.md</c> are as the code is.</summary>
public sealed partial class ReadmeTests
{
    private static readonly DirectoryInfo Tests = new(Path.Combine(SourceTree.Root, "tests"));

    /// <summary>The contract of stores, which is shipped, is made of tests, too.</summary>
    private static readonly DirectoryInfo Contract = new(Path.Combine(SourceTree.Root, "src", "OrleansRaft.Storage.TestKit"));

    private static readonly string[][] Rows =
    [
        .. File.ReadLines(Path.Combine(Tests.FullName, "README.md"))
            .Where(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    [Fact]
    public void Every_rule_has_tests_that_exist_and_no_test_of_a_rule_is_left_out()
    {
        var written = TestsOfRules().ToLookup(test => test.Rule, test => test.Name);
        var listed = Rows.Where(row => row.Length == 3 && row[2].StartsWith("`Rule_", StringComparison.Ordinal)).ToLookup(
            row => int.Parse(row[0], CultureInfo.InvariantCulture));

        listed.Select(rows => rows.Key).Order().ShouldBe(written.Select(tests => tests.Key).Order());
        listed.Count.ShouldBeGreaterThanOrEqualTo(36);
        foreach (var rule in written.Select(tests => tests.Key))
        {
            var row = listed[rule].ShouldHaveSingleItem();
            row[2]
                .Split(", ")
                .Order(StringComparer.Ordinal)
                .ShouldBe(written[rule].Select(name => $"`{name}`").Distinct().Order(StringComparer.Ordinal), $"rule {rule}");
        }
    }

    [Fact]
    public void Every_planted_bug_stands_in_the_table_of_hunts() =>
        MutantCatalogue.All.Select(mutant => mutant.Name).Where(name => !HuntTable.Has(name)).ShouldBeEmpty();

    private static IEnumerable<(int Rule, string Name)> TestsOfRules() =>
        from folder in new[] { Tests, Contract }
        from file in folder.EnumerateFiles("*.cs", SearchOption.AllDirectories)
        where !file.FullName.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        from Match test in RuleTest().Matches(File.ReadAllText(file.FullName))
        from Capture number in test.Groups["rule"].Captures
        select (int.Parse(number.ValueSpan, CultureInfo.InvariantCulture), test.Groups["name"].Value);

    [GeneratedRegex(@"(void|Task) (?<name>Rule_(?<rule>\d\d)(_and_(?<rule>\d\d))*_\w+)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex RuleTest();
}
