using OrleansRaft.Testbed;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>A test run leaves nothing in the folder for temporary files, however it ends.</summary>
public sealed class TemporaryRootTests : IDisposable
{
    private readonly string parent = Directory.CreateTempSubdirectory("oraft-root-").FullName;

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public void This_test_run_has_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has another variable");

        Path.GetTempPath().ShouldContain("oraft-tests-");
    }

    [Fact]
    public void It_goes_with_all_that_is_in_it()
    {
        var root = TemporaryRoot.Make(parent);
        Directory.CreateDirectory(Path.Combine(root.Path, "data", "base"));
        File.WriteAllText(Path.Combine(root.Path, "data", "base", "1"), "");

        root.Dispose();

        Directory.EnumerateFileSystemEntries(parent).ShouldBeEmpty();
    }

    /// <summary>The system has let go of what a killed process held.</summary>
    [Fact]
    public void What_a_killed_run_left_goes_with_the_next_and_what_another_run_uses_stays()
    {
        var left = Directory.CreateDirectory(Path.Combine(parent, "oraft-tests-left")).FullName;
        File.WriteAllText(Path.Combine(left, "in-use"), "");
        Directory.CreateDirectory(Path.Combine(left, "data"));
        using var other = TemporaryRoot.Make(parent);
        var file = Path.Combine(other.Path, "file");
        File.WriteAllText(file, "");

        using var next = TemporaryRoot.Make(parent);

        Directory.Exists(left).ShouldBeFalse();
        File.Exists(file).ShouldBeTrue();
    }
}
