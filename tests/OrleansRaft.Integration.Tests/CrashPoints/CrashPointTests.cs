using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OrleansRaft.CrashWriter;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Integration.Tests.CrashPoints;

/// <summary>
/// Real processes that are killed before, while and after they make each write of a history. Whatever was acknowledged is there afterwards, whatever
/// was under way is there whole or not at all, and what is damaged is refused with its place.
/// </summary>
/// <remarks>A memory store dies with its process: there is nothing to recover.</remarks>
public sealed class CrashPointTests(PostgresFixture postgres) : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("oraft-crash-");

    public void Dispose() => directory.Delete(recursive: true);

    [LongFact]
    public Task Sqlite_keeps_what_it_acknowledged_at_every_crash_point() => CrashEverywhereAsync("sqlite", directory.FullName);

    [LongFact]
    public async Task PostgreSql_keeps_what_it_acknowledged_at_every_crash_point() =>
        await CrashEverywhereAsync("postgres", await (await postgres.GetServerAsync()).CreateDatabaseAsync("crash"));

    [Fact]
    public async Task Sqlite_takes_back_a_write_that_tore()
    {
        for (var step = 1; step <= CrashHistory.Count; step++)
        {
            var (begins, ends) = await CrashAsync("sqlite", directory.FullName, step, "after");
            var written = ends - begins;
            written.ShouldBeGreaterThan(0, CrashHistory.NameOf(step));

            foreach (var kept in new[] { 0, 1, written / 3, written / 2, written - 4_097, written - 1 })
            {
                await RequireTornAsync(step, copy => Cut(copy, begins + Math.Max(0, kept)));
            }

            await RequireTornAsync(step, copy =>
            {
                Cut(copy, ends);
                Flip(copy, ends - 100);
            });
            (await ReadAsync("sqlite", directory.FullName)).ShouldBe(CrashHistory.After(step), CrashHistory.NameOf(step));
        }
    }

    [Fact]
    public async Task Sqlite_refuses_a_damaged_entry_with_its_place()
    {
        await CrashAsync("sqlite", directory.FullName, 1, "after");
        await CrashAsync("sqlite", directory.FullName, 2, "after");
        (await ReadAsync("sqlite", directory.FullName)).ShouldBe(CrashHistory.After(2));
        var file = Path.Combine(directory.FullName, "raft.db");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        var block = OpenReplica.Block(default, 1, "a", "b").Encoded.ToArray();
        var place = bytes.AsSpan().IndexOf(block);
        place.ShouldBeGreaterThan(0);

        bytes[place + block.Length - 1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        (
            await Should.ThrowAsync<CorruptDataException>(
                () => ReadAsync("sqlite", directory.FullName))).Message.ShouldContain(CrashStores.Key.ToString());
    }

    [Fact]
    public async Task PostgreSql_refuses_a_damaged_entry_with_its_place()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("crash");
        await CrashAsync("postgres", database, 1, "after");
        await CrashAsync("postgres", database, 2, "after");
        await using (var connection = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var flip = new NpgsqlCommand(
                "UPDATE raft.log_block SET block = set_bit(block, 8 * length(block) - 1, 1 - get_bit(block, 8 * length(block) - 1))", connection);
            (await flip.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);
        }

        (await Should.ThrowAsync<CorruptDataException>(() => ReadAsync("postgres", database))).Message.ShouldContain(CrashStores.Key.ToString());
    }

    private static async Task CrashEverywhereAsync(string kind, string place)
    {
        for (var step = 1; step <= CrashHistory.Count; step++)
        {
            var (before, after) = (CrashHistory.After(step - 1), CrashHistory.After(step));
            await CrashAsync(kind, place, step, "before");
            (await ReadAsync(kind, place)).ShouldBe(before, $"before {CrashHistory.NameOf(step)}");

            await CrashAsync(kind, place, step, "during");
            var found = await ReadAsync(kind, place);
            found.ShouldBeOneOf([before, after], $"while {CrashHistory.NameOf(step)} was written");

            if (found == before)
            {
                await CrashAsync(kind, place, step, "after");
                (await ReadAsync(kind, place)).ShouldBe(after, $"after {CrashHistory.NameOf(step)}");
            }
        }
    }

    /// <summary>Lets a process make one write and die.</summary>
    /// <returns>How long SQLite's journal was before, and when the write was durable.</returns>
    private static async Task<(long Begins, long Ends)> CrashAsync(string kind, string place, int step, string point)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var program = Path.Combine(AppContext.BaseDirectory, "OrleansRaft.CrashWriter.dll");
        using var process = Process.Start(new ProcessStartInfo(host, [program, kind, place, step.ToString(CultureInfo.InvariantCulture), point])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        process.ExitCode.ShouldBe(128 + 9, $"it was to be killed {point} {CrashHistory.NameOf(step)}: {errors}");
        output.Contains("durable", StringComparison.Ordinal).ShouldBe(point == "after");
        var lengths = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture))
            .ToList();
        return (lengths[0], lengths[^1]);
    }

    private static async Task<string> ReadAsync(string kind, string place)
    {
        await using var store = await CrashStores.OpenAsync(kind, place);
        await using var log = await store.OpenAsync(CrashStores.Key, new RecordingEvents(), TestContext.Current.CancellationToken);
        return CrashHistory.Describe(log);
    }

    private async Task RequireTornAsync(int step, Action<string> damage)
    {
        var copy = Directory.CreateDirectory(Path.Combine(directory.FullName, "torn"));
        foreach (var file in directory.GetFiles("raft.db*"))
        {
            file.CopyTo(Path.Combine(copy.FullName, file.Name));
        }

        File.Copy(Path.Combine(directory.FullName, "mark.before"), Path.Combine(copy.FullName, "raft.mark"));
        damage(Path.Combine(copy.FullName, "raft.db-wal"));

        (await ReadAsync("sqlite", copy.FullName)).ShouldBe(CrashHistory.After(step - 1), $"torn {CrashHistory.NameOf(step)}");
        copy.Delete(recursive: true);
    }

    private static void Cut(string file, long length)
    {
        using var stream = File.OpenWrite(file);
        stream.SetLength(Math.Min(length, stream.Length));
    }

    private static void Flip(string file, long position)
    {
        using var stream = File.Open(file, FileMode.Open);
        stream.Position = position;
        var value = stream.ReadByte();
        stream.Position = position;
        stream.WriteByte((byte)(value ^ 1));
    }
}
