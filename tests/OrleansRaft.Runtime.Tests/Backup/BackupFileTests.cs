using System.Text;
using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests.Backup;

/// <summary>The file format of backups: what is not exactly what was written is refused, wherever it differs.</summary>
public sealed class BackupFileTests
{
    // Written by the first program that made backups; every later one reads it.
    private const string Fixture = "format-1.oraft";

    private static readonly ClusterDefinition Cluster = new(
        "nightly", [new GroupSet(GroupSet.Catalogue, 1, 3), new GroupSet("counters", 2, 3)], 1, []);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_written_is_read_again_group_by_group()
    {
        var file = await WriteAsync();
        var states = new Dictionary<string, MemoryStream>();

        using var reader = new BackupReader(new MemoryStream(file), "a backup");
        var head = await reader.BeginAsync(Token);
        while (await reader.ReadGroupAsync((group, offset, chunk) => KeepAsync(states, group, offset, chunk), Token) is not null)
        {
        }

        head.Definition().ShouldBe(Cluster);
        head.FileName.ShouldBe("nightly-20300601T120000Z.oraft");
        reader.Groups.Select(static group => group.Group).ShouldBe(["catalogue-0", "counters-0", "counters-1", "extra-0"]);
        foreach (var group in reader.Groups)
        {
            var snapshot = group.ToSnapshot();
            states[group.Group].ToArray().ShouldBe(StateOf(group.Group));
            snapshot.ShouldBe(SnapshotOf(group.Group));
        }
    }

    [Fact]
    public async Task A_group_that_was_begun_again_is_what_was_written_last()
    {
        using var output = new MemoryStream();
        using (var writer = new BackupWriter(output))
        {
            await writer.BeginAsync(HeadOf([]), Token);
            await WriteGroupAsync(writer, "catalogue-0");
            await writer.BeginGroupAsync("counters-0", new ReplicaId(2), "silo-2", Token);
            await writer.WriteChunkAsync("half of another state"u8.ToArray(), Token);
            await WriteGroupAsync(writer, "counters-0");
            await WriteGroupAsync(writer, "counters-1");
            await writer.EndAsync(Token);
        }

        var contents = await ReadAsync(output.ToArray());

        contents.Find("counters-0").Bytes.ShouldBe(StateOf("counters-0").Length);
    }

    [Fact]
    public async Task One_flipped_bit_anywhere_is_refused_and_the_file_is_named()
    {
        var file = await WriteAsync();

        for (var place = 0; place < file.Length; place++)
        {
            file[place] ^= (byte)(1 << (place % 8));
            var refusal = await Should.ThrowAsync<CorruptDataException>(() => ReadAsync(file), $"a flipped bit in byte {place} of {file.Length}");
            refusal.Message.ShouldContain("nightly.oraft");
            file[place] ^= (byte)(1 << (place % 8));
        }
    }

    [Fact]
    public async Task A_file_that_was_cut_off_anywhere_is_refused()
    {
        var file = await WriteAsync();

        for (var length = 0; length < file.Length; length++)
        {
            await Should.ThrowAsync<CorruptDataException>(() => ReadAsync(file[..length]), $"the first {length} bytes of {file.Length}");
        }
    }

    [Fact]
    public async Task A_file_with_something_behind_its_end_is_refused() =>
        await Should.ThrowAsync<CorruptDataException>(async () => await ReadAsync([.. await WriteAsync(), 0]));

    /// <summary>Each record of either is whole: only what comes before it tells that it belongs elsewhere.</summary>
    [Fact]
    public async Task Two_backups_that_were_mixed_at_any_record_are_refused()
    {
        var (one, other) = (await WriteAsync(), await WriteAsync(Guid.NewGuid()));
        var records = RecordsOf(one);
        RecordsOf(other).ShouldBe(records);

        foreach (var place in records[1..^1])
        {
            await Should.ThrowAsync<CorruptDataException>(() => ReadAsync([.. one[..place], .. other[place..]]), $"mixed at {place}");
        }

        for (var i = 1; i + 1 < records.Count; i++)
        {
            byte[] without = [.. one[..records[i]], .. one[records[i + 1]..]];
            await Should.ThrowAsync<CorruptDataException>(() => ReadAsync(without), $"without the record at {records[i]}");
        }
    }

    [Fact]
    public async Task A_backup_that_could_not_be_completed_says_why()
    {
        using var output = new MemoryStream();
        using (var writer = new BackupWriter(output))
        {
            await writer.BeginAsync(HeadOf([]), Token);
            await WriteGroupAsync(writer, "catalogue-0");
            await writer.FailAsync("counters-0 has no leader.", Token);
        }

        (await Should.ThrowAsync<CorruptDataException>(() => ReadAsync(output.ToArray()))).Message.ShouldContain("counters-0 has no leader");
    }

    [Fact]
    public async Task A_backup_without_all_of_its_groups_is_refused()
    {
        using var output = new MemoryStream();
        using (var writer = new BackupWriter(output))
        {
            await writer.BeginAsync(HeadOf([]), Token);
            await WriteGroupAsync(writer, "catalogue-0");
            await WriteGroupAsync(writer, "counters-0");
            await writer.EndAsync(Token);
        }

        (await Should.ThrowAsync<CorruptDataException>(() => ReadAsync(output.ToArray()))).Message.ShouldContain("groups are missing");
    }

    [Fact]
    public async Task A_state_that_changed_on_its_way_into_the_backup_is_noticed()
    {
        using var writer = new BackupWriter(new MemoryStream());
        await writer.BeginAsync(HeadOf([]), Token);
        await writer.BeginGroupAsync("catalogue-0", new ReplicaId(1), "silo-1", Token);
        await writer.WriteChunkAsync("another state"u8.ToArray(), Token);

        await Should.ThrowAsync<CorruptDataException>(() => writer.EndGroupAsync(SnapshotOf("catalogue-0"), Token));
    }

    [Fact]
    public async Task A_newer_format_is_refused_in_words()
    {
        using var output = new MemoryStream();
        using var writer = new BackupWriter(output);
        await writer.BeginAsync(HeadOf([]) with { Format = BackupFormat.Version + 1 }, Token);

        (await Should.ThrowAsync<CorruptDataException>(() => ReadAsync(output.ToArray()))).Message
            .ShouldContain("restore it with the program that wrote it, or a newer one");
    }

    [Fact]
    public async Task The_first_format_stays_readable()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Backup", Fixture);

        var contents = await ReadAsync(await File.ReadAllBytesAsync(path, Token));

        contents.Sha256.ShouldBe("b24ab3e003dfd14e90b08f56eff5a7804768a1bf0c4d0ccdc6a2b74e80727e0c");
        contents.Head.Definition().ClusterId.ShouldBe("nightly");
        contents.Groups.Select(static group => group.ToSnapshot()).ShouldBe(contents.Groups.Select(static group => SnapshotOf(group.Group)));
    }

    private static async Task<byte[]> WriteAsync(Guid? id = null)
    {
        using var output = new MemoryStream();
        using (var writer = new BackupWriter(output))
        {
            var head = HeadOf([new GroupSet("extra", 1, 3)]);
            await writer.BeginAsync(head with { Id = id ?? head.Id }, Token);
            foreach (var group in head.GroupNames())
            {
                await WriteGroupAsync(writer, group);
            }

            await writer.EndAsync(Token);
        }

        return output.ToArray();
    }

    private static async Task WriteGroupAsync(BackupWriter writer, string group)
    {
        await writer.BeginGroupAsync(group, new ReplicaId(1), "silo-1", Token);
        var state = StateOf(group);
        await writer.WriteChunkAsync(state.AsMemory(0, 7), Token);
        await writer.WriteChunkAsync(state.AsMemory(7), Token);
        await writer.EndGroupAsync(SnapshotOf(group), Token);
    }

    private static async Task<BackupContents> ReadAsync(byte[] file)
    {
        using var reader = new BackupReader(new MemoryStream(file), "nightly.oraft");
        return await reader.ReadToEndAsync(null, Token);
    }

    private static BackupHead HeadOf(GroupSet[] further) => new(
        BackupFormat.Version,
        new Guid("8d1dd0e5-6a0e-4f54-8a3b-1b7b62c3a001"),
        new DateTimeOffset(2030, 6, 1, 12, 0, 0, TimeSpan.Zero),
        "1.0.0",
        JsonSerializer.Deserialize<JsonElement>(ClusterRow.Write(Cluster)),
        [.. further]);

    private static byte[] StateOf(string group) => Encoding.UTF8.GetBytes($"the state of {group}, which is short");

    private static SnapshotDescriptor SnapshotOf(string group) => new(
        new EntryId(new Term(3), new LogIndex(group.Length * 10)), new LogTime(5_000), Configuration.OfVoters(3), StateOf(group).Length)
    {
        Checksum = Crc32C.Compute(StateOf(group)),
        Skipped = group == "counters-1" ? SkippedEntries.None.With(new LogIndex(4)) : SkippedEntries.None,
        MachineVersion = group == "extra-0" ? 2 : 1,
    };

    private static Task KeepAsync(Dictionary<string, MemoryStream> states, string group, long offset, ReadOnlyMemory<byte> chunk)
    {
        if (!states.TryGetValue(group, out var state))
        {
            states.Add(group, state = new MemoryStream());
        }

        state.SetLength(offset);
        state.Position = offset;
        state.Write(chunk.Span);
        return Task.CompletedTask;
    }

    /// <summary>Where the records begin, and where the file ends.</summary>
    private static List<int> RecordsOf(byte[] file)
    {
        var places = new List<int>();
        for (var place = BackupFormat.Magic.Length; place < file.Length;)
        {
            places.Add(place);
            place += BackupFormat.HeaderBytes + BitConverter.ToInt32(file, place + 1) + BackupFormat.ChecksumBytes;
        }

        return [.. places, file.Length];
    }
}
