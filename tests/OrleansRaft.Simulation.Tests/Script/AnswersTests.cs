using System.Text.RegularExpressions;

namespace OrleansRaft.Simulation.Tests.Script;

/// <summary>The answers to the study notes' questions name what shows them.</summary>
public sealed partial class AnswersTests
{
    [Fact]
    public void Every_answer_names_a_story_or_a_test_that_there_is()
    {
        var root = SourceTree.Root;
        var answers = File.ReadAllText(Path.Combine(root, "src", "RAFT-QUESTIONS.md"));
        var tests = string.Concat(Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        string[] rows =
        [
            .. answers.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains('?', StringComparison.Ordinal)),
        ];

        rows.Length.ShouldBeGreaterThan(20);
        foreach (var row in rows)
        {
            string[] names =
            [
                .. Names().Matches(row.Split('|')[^2])
                    .Select(match => match.Groups[1].Value)
                    .Where(name => !name.Contains('/', StringComparison.Ordinal)),
            ];
            names.ShouldNotBeEmpty(row);
            foreach (var name in names)
            {
                var exists = name.EndsWith(".txt", StringComparison.Ordinal)
                    ? File.Exists(Path.Combine(root, "tests", "OrleansRaft.Simulation.Tests", "Script", "testdata", name))
                    : tests.Contains(" " + name.TrimEnd('…'), StringComparison.Ordinal);
                exists.ShouldBeTrue($"{name} is named by: {row}");
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Names();
}
