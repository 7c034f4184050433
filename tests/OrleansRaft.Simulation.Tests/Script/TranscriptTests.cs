namespace OrleansRaft.Simulation.Tests.Script;

/// <summary>The stories under testdata. With RETELL=1 in the environment they are written anew, to be read before they are kept.</summary>
public sealed class TranscriptTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "tests", "OrleansRaft.Simulation.Tests", "Script", "testdata");

    public static TheoryData<string> Stories =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stories))]
    public void Story_is_true(string name)
    {
        var file = Path.Combine(Folder, name);
        var story = File.ReadAllText(file);

        var retold = Transcript.Retell(story);

        if (Environment.GetEnvironmentVariable("RETELL") == "1")
        {
            File.WriteAllText(file, retold);
        }

        retold.ShouldBe(story);
    }
}
