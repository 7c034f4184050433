using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Cli.Backup;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>How far a backup is, for whoever looks at a terminal.</summary>
public sealed class ProgressLineTests
{
    private readonly FakeTimeProvider time = new();
    private readonly StringWriter terminal = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_line_is_written_over_the_one_before_and_taken_away_at_the_end()
    {
        var line = Line();

        line.Show("10.0 MB, 9 groups");
        time.Advance(TimeSpan.FromMilliseconds(100));
        line.Show("11.0 MB");
        line.Clear();
        line.Clear();

        terminal.ToString().ShouldBe($"\r10.0 MB, 9 groups\r11.0 MB{new string(' ', 10)}\r{new string(' ', 7)}\r");
    }

    [Fact]
    public void A_line_changes_ten_times_a_second_at_most()
    {
        var line = Line();

        for (var chunk = 0; chunk < 2_000; chunk++)
        {
            line.Show($"{chunk}");
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        terminal.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(20);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public void A_line_that_is_longer_than_the_terminal_shows_its_end(int columns)
    {
        new ProgressLine(terminal, isShown: true, () => columns, time).Show("/var/backups/oraft/counters.oraft: 10.0 MB read");

        terminal.ToString().TrimStart('\r').Length.ShouldBe(Math.Max(columns - 1, 1));
        terminal.ToString().ShouldEndWith(columns == 20 ? "t: 10.0 MB read" : terminal.ToString()[^1..]);
    }

    /// <summary>Scripts and logs get the outcome alone.</summary>
    [Fact]
    public void Nothing_is_written_where_nobody_looks()
    {
        var line = new ProgressLine(terminal, isShown: false, static () => 80, time);

        line.Show("10.0 MB");
        line.Clear();

        terminal.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_verifies_a_backup_sees_how_much_of_it_was_read()
    {
        var file = Path.GetTempFileName();
        await WriteAsync(file);

        var contents = await BackupFile.VerifyAsync(file, new ProgressLine(terminal, isShown: true, static () => 500, new Hasty()), Token);

        File.Delete(file);
        contents.Groups.Length.ShouldBe(1);
        string[] shares = ["1.0 MB of 3.0 MB (33 %)", "2.0 MB of 3.0 MB (66 %)", "3.0 MB of 3.0 MB (99 %)", "3.0 MB of 3.0 MB (99 %)", ""];
        terminal.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.TrimEnd())
            .ShouldBe(shares.Select(share => share.Length == 0 ? "" : $"{file}: {share} read"), "three chunks, the group's end, and nothing is left");
    }

    private ProgressLine Line() => new(terminal, isShown: true, static () => 80, time);

    private static async Task WriteAsync(string file)
    {
        await using var output = File.Create(file);
        using var writer = new BackupWriter(output);
        var row = new ClusterDefinition("oraft", [new GroupSet("counters", 1, 1)], 1, []);
        await writer.BeginAsync(
            new BackupHead(
                BackupFormat.Version,
                Guid.NewGuid(),
                DateTimeOffset.UnixEpoch,
                "",
                System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(ClusterRow.Write(row)),
                []),
            Token);
        await writer.BeginGroupAsync("counters-0", new ReplicaId(1), "silo-1", Token);
        var (chunk, checksum) = (new byte[1_000_000], 0U);
        for (var number = 0; number < 3; number++)
        {
            await writer.WriteChunkAsync(chunk, Token);
            checksum = Crc32C.Append(checksum, chunk);
        }

        await writer.EndGroupAsync(
            new SnapshotDescriptor(new EntryId(new Term(1), new LogIndex(9)), new LogTime(1), Configuration.OfVoters(1), 3_000_000)
            {
                Checksum = checksum,
            },
            Token);
        await writer.EndAsync(Token);
    }

    /// <summary>A clock that has gone on by a second whenever somebody looks.</summary>
    private sealed class Hasty : TimeProvider
    {
        private long seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => ++seconds;
    }
}
