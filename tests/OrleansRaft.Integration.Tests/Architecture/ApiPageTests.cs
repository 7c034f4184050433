namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>Each package has a page of its public members, made from their documentation.</summary>
public sealed class ApiPageTests
{
    public static TheoryData<string> Packages =>
    [
        "OrleansRaft.Client", "OrleansRaft.Core", "OrleansRaft.Counters", "OrleansRaft.Counters.Web", "OrleansRaft.Grains", "OrleansRaft.Lab.Web",
        "OrleansRaft.PostgreSql", "OrleansRaft.ReplicatedGrains", "OrleansRaft.Runtime", "OrleansRaft.Server", "OrleansRaft.Sqlite",
        "OrleansRaft.Storage.TestKit", "OrleansRaft.Testing",
    ];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Every_public_member_is_documented_and_on_the_page(string package)
    {
        var page = ApiPage.Of(package);
        var file = Path.Combine(SourceTree.Root, "src", package, "API.md");
        if (Environment.GetEnvironmentVariable("ORAFT_WRITE_API") == "1")
        {
            File.WriteAllText(file, page.Text);
        }

        // What the kit makes public is tests for the most part, whose names say what they show.
        if (package != "OrleansRaft.Storage.TestKit")
        {
            page.Undocumented.ShouldBeEmpty();
        }

        page.Misleading.ShouldBeEmpty();
        File.ReadAllText(file).ShouldBe(page.Text, "ORAFT_WRITE_API=1 writes it anew");
        File.ReadAllText(Path.Combine(SourceTree.Root, "src", "LIBRARY.md")).ShouldContain($"]({package}/API.md)");
    }

    [Fact]
    public void Every_package_with_public_members_is_listed() =>
        Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "PublicAPI.Unshipped.txt", SearchOption.AllDirectories)
            .Select(static file => Path.GetFileName(Path.GetDirectoryName(file)!))
            .Order()
            .ShouldBe(Packages.Select(static row => row.Data).Order());
}
