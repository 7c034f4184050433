using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;
using static OrleansRaft.Integration.Tests.Stores.Sqlite.SqliteStoreFiles;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>What was acknowledged and is damaged, gone or older is refused; what a power loss leaves is not.</summary>
public sealed class SqliteDamageTests(ITestOutputHelper output) : IDisposable
{
    private const int Acknowledged = 40;
    private const int HeaderBytes = 32;
    private const int FrameBytes = 24 + 4_096;

    private readonly SqliteStoreFiles files = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task A_silo_that_was_killed_has_everything_that_it_acknowledged()
    {
        var killed = await files.KillAfterAsync(Acknowledged);

        (await CountAsync(killed)).ShouldBe(Acknowledged);
    }

    /// <summary>SQLite itself drops everything behind the first frame that does not fit, and a log whose header does not, and says nothing.</summary>
    [Fact]
    public async Task Rule_44_any_flipped_bit_of_the_log_is_refused_with_its_place()
    {
        var killed = await files.KillAfterAsync(Acknowledged);
        var length = new FileInfo(Wal(killed)).Length;
        var frames = (length - HeaderBytes) / FrameBytes;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        long[] places =
        [
            0, 5, 9, 13, 17, 21, 25, 29,
            .. from frame in new[] { 0, frames / 3, frames / 2, frames - 2, frames - 1 }
               from field in new[] { 3, 7, 9, 13, 17, 21, 24, 2_000, FrameBytes - 1 }
               select HeaderBytes + (frame * FrameBytes) + field,
            .. Enumerable.Range(0, 20).Select(_ => random.NextInt64(length)),
        ];

        foreach (var place in places)
        {
            var copy = files.Copy(killed);
            Flip(Wal(copy), place, random.Next(8));

            var refused = await RefusedAsync(copy, $"a bit of byte {place} of {length}");

            refused.ShouldContain(Wal(copy));
            refused.ShouldContain(place < HeaderBytes ? "byte 0" : $"frame {((place - HeaderBytes) / FrameBytes) + 1}");
        }
    }

    [Fact]
    public async Task A_log_that_was_cut_short_emptied_removed_or_exchanged_is_refused()
    {
        var killed = await files.KillAfterAsync(Acknowledged);
        var earlier = await files.KillAfterAsync(3);
        var length = new FileInfo(Wal(killed)).Length;

        foreach (var cut in new[] { 0, 1, 31, HeaderBytes, HeaderBytes + FrameBytes, length / 2, length - FrameBytes, length - 1 })
        {
            var copy = files.Copy(killed);
            Truncate(Wal(copy), cut);
            (await RefusedAsync(copy, $"cut to {cut} of {length}")).ShouldContain(Wal(copy));
        }

        var removed = files.Copy(killed);
        File.Delete(Wal(removed));
        (await RefusedAsync(removed, "removed")).ShouldContain("is gone");

        var exchanged = files.Copy(killed);
        CopyFile(Wal(earlier), Wal(exchanged));
        (await RefusedAsync(exchanged, "another store's")).ShouldContain("another log");

        var zeroed = files.Copy(killed);
        var bytes = await File.ReadAllBytesAsync(Wal(zeroed), Cancellation);
        bytes.AsSpan((int)(length / 2), 8_192).Clear();
        await File.WriteAllBytesAsync(Wal(zeroed), bytes, Cancellation);
        (await RefusedAsync(zeroed, "8 KiB of zeros")).ShouldContain("is damaged at frame");
    }

    [Fact]
    public async Task An_older_copy_of_the_log_or_the_database_is_refused()
    {
        var directory = files.NewPath();
        var (first, second) = ("", "");
        await AppendAsync(directory, 3);
        var stopped = files.Copy(directory);
        await AppendAsync(directory, 10, i =>
        {
            first = i == 5 ? files.Copy(directory) : first;
            second = i == 10 ? files.Copy(directory) : second;
            return Task.CompletedTask;
        });

        var olderLog = files.Copy(second);
        CopyFile(Wal(first), Wal(olderLog));
        (await RefusedAsync(olderLog, "a log of five entries less")).ShouldContain("was cut short");

        var olderDatabase = files.Copy(directory);
        CopyFile(Database(stopped), Database(olderDatabase));
        (await RefusedAsync(olderDatabase, "a database of ten entries less")).ShouldContain("is older than what the store acknowledged");

        var olderMark = files.Copy(directory);
        CopyFile(Mark(stopped), Mark(olderMark));
        (await RefusedAsync(olderMark, "a mark of ten entries less")).ShouldContain("is older than");

        (await CountAsync(second)).ShouldBe(13);
    }

    [Fact]
    public async Task A_database_that_is_gone_empty_cut_short_or_another_is_refused()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 30);
        var other = files.NewPath();
        await AppendAsync(other, 30);

        await DamagedAsync(copy => File.Delete(Database(copy)), "is gone");
        await DamagedAsync(copy => Truncate(Database(copy), 0), "is empty");
        await DamagedAsync(copy => Truncate(Database(copy), 4_096), "damaged");
        await DamagedAsync(copy => CopyFile(Database(other), Database(copy)), "which was here before");
        await DamagedAsync(copy => File.WriteAllText(Database(copy), new string('x', 8_192)), "damaged");
        await DamagedAsync(copy => File.Delete(Mark(copy)), "raft.mark is gone");

        async Task DamagedAsync(Action<string> damage, string message)
        {
            var copy = files.Copy(directory);
            damage(copy);
            (await RefusedAsync(copy, message)).ShouldContain(message);
        }
    }

    [Fact]
    public async Task The_mark_is_kept_twice()
    {
        var killed = await files.KillAfterAsync(Acknowledged);

        foreach (var place in new[] { 10, 4_106 })
        {
            var copy = files.Copy(killed);
            Flip(Mark(copy), place);
            (await CountAsync(copy)).ShouldBe(Acknowledged);
        }

        Flip(Mark(killed), 10);
        Flip(Mark(killed), 4_106);
        (await RefusedAsync(killed, "both")).ShouldContain("raft.mark is damaged");
    }

    /// <summary>
    /// The write under way may be torn anywhere; nobody was told of it. The mark of before stands for the moment in which it was under way.
    /// </summary>
    [Fact]
    public async Task What_a_power_loss_leaves_starts_with_everything_that_was_acknowledged()
    {
        var directory = files.NewPath();
        var (before, after) = ("", "");
        await AppendAsync(directory, 20, i =>
        {
            before = i == 19 ? files.Copy(directory) : before;
            after = i == 20 ? files.Copy(directory) : after;
            return Task.CompletedTask;
        });
        var (begins, ends) = (new FileInfo(Wal(before)).Length, new FileInfo(Wal(after)).Length);

        foreach (var cut in new[] { begins, begins + 1, begins + 24, begins + 4_000, ends - FrameBytes, ends - 1 })
        {
            await TornAsync(copy => Truncate(Wal(copy), cut), 19);
        }

        // Pages reach the disk in any order: the first of the commit may be missing, and the last there.
        await TornAsync(copy => Flip(Wal(copy), begins + 1_000), 19);
        await TornAsync(copy => Flip(Wal(copy), ends - 1), 19);
        await TornAsync(_ => { }, 20);

        // What an earlier log left behind the end is no later commit: its salts differ.
        var foreign = await File.ReadAllBytesAsync(Wal(await files.KillAfterAsync(5)), Cancellation);
        await TornAsync(
            copy =>
            {
                using var stream = new FileStream(Wal(copy), FileMode.Append);
                stream.Write(foreign.AsSpan(HeaderBytes));
            },
            20);

        async Task TornAsync(Action<string> tear, int expected)
        {
            var copy = files.Copy(after);
            CopyFile(Mark(before), Mark(copy));
            tear(copy);
            (await CountAsync(copy)).ShouldBe(expected);
            (await CountAsync(copy)).ShouldBe(expected);
        }
    }

    /// <summary>
    /// After a power loss the mark may be a second old. What it does not know is judged by the log alone: a later commit behind a bad frame was no
    /// tear.
    /// </summary>
    [Fact]
    public async Task A_log_that_went_on_after_the_mark_is_taken_whole_and_refused_with_a_hole()
    {
        var directory = files.NewPath();
        var (old, end) = ("", "");
        await AppendAsync(directory, 20, i =>
        {
            old = i == 5 ? files.Copy(directory) : old;
            end = i == 20 ? files.Copy(directory) : end;
            return Task.CompletedTask;
        });
        CopyFile(Mark(old), Mark(end));
        var hole = files.Copy(end);
        Flip(Wal(hole), new FileInfo(Wal(old)).Length + 1_000);

        (await CountAsync(end)).ShouldBe(20);
        (await RefusedAsync(hole, "a hole")).ShouldContain("belongs to a later commit");
    }

    [Fact]
    public async Task A_silo_that_stopped_in_order_leaves_everything_in_the_database()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 10);

        new FileInfo(Wal(directory)).Length.ShouldBe(0);
        File.Delete(Wal(directory));
        await File.WriteAllTextAsync(Path.Combine(directory, "raft.db-shm"), new string('x', 32_768), Cancellation);

        (await CountAsync(directory)).ShouldBe(10);
    }

    [Fact]
    public async Task The_log_is_emptied_into_the_database_in_the_course_of_work()
    {
        var directory = files.NewPath();
        long longest = 0;
        await using var store = await OpenAsync(directory);
        var replica = await OpenReplica.OpenAsync(store, Key);

        for (var i = 0; i < 60; i++)
        {
            await replica.AppendAsync(1, new string('x', 200_000));
            longest = Math.Max(longest, new FileInfo(Wal(directory)).Length);
        }

        longest.ShouldBeLessThan(2 * 1_000 * FrameBytes);
        new FileInfo(Database(directory)).Length.ShouldBeGreaterThan(6_000_000);
        (await CountAsync(files.Copy(directory))).ShouldBe(60);
    }

    /// <summary>A shell that looks at what a killed silo left empties its log into the database, which loses nothing.</summary>
    [Fact]
    public async Task A_log_that_another_program_emptied_into_the_database_is_not_missed()
    {
        var killed = await files.KillAfterAsync(Acknowledged);

        (await ExecuteAsync(killed, "SELECT count(*) FROM replica")).ShouldNotBeNull();

        File.Exists(Wal(killed)).ShouldBeFalse();
        (await CountAsync(killed)).ShouldBe(Acknowledged);
    }

    [Fact]
    public async Task A_log_that_began_with_a_commit_of_which_nobody_was_told_is_put_aside()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 5);
        var stopped = files.Copy(directory);
        var first = "";
        await AppendAsync(directory, 1, _ =>
        {
            first = files.Copy(directory);
            return Task.CompletedTask;
        });
        CopyFile(Mark(stopped), Mark(first));
        Truncate(Wal(first), HeaderBytes + FrameBytes);

        (await CountAsync(first)).ShouldBe(5);
        File.Exists(Wal(first) + ".unused").ShouldBeTrue();
    }

    [Theory]
    [InlineData("UPDATE replica SET voted_for = 3")]
    [InlineData("UPDATE replica SET term = term + 1")]
    [InlineData("UPDATE replica SET commit_index = commit_index + 1")]
    [InlineData(
        "UPDATE replica SET replica = 9 WHERE group_name = 'counters-0' AND replica = 1; "
            + "UPDATE replica SET replica = 1 WHERE group_name = 'counters-0' AND replica = 2")]
    [InlineData("UPDATE replica SET configuration = x'00'")]
    [InlineData("UPDATE replica SET last_index = last_index - 1")]
    [InlineData("DELETE FROM log_block WHERE first_index = 2")]
    [InlineData("UPDATE log_block SET last_index = last_index + 1 WHERE first_index = 5")]
    [InlineData("UPDATE snapshot SET descriptor = replace(hex(descriptor), '1', '2')")]
    public async Task Rows_that_changed_by_themselves_are_refused(string sql)
    {
        var directory = files.NewPath();
        await using (var store = await OpenAsync(directory))
        {
            var replica = await OpenReplica.OpenAsync(store, Key);
            for (var i = 0; i < 5; i++)
            {
                await replica.AppendAsync(1, "x");
            }

            await replica.SaveSnapshotAsync(1, 1, [1, 2, 3]);
        }

        await ExecuteAsync(directory, sql);

        (await Should.ThrowAsync<CorruptDataException>(() => CountAsync(directory))).Message.ShouldContain(Key.ToString());
    }

    [Fact]
    public async Task A_cluster_row_that_changed_by_itself_is_refused()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 1);

        await ExecuteAsync(directory, "UPDATE store SET definition = replace(definition, 'sqlite-', 'sqlite+')");

        (await Should.ThrowAsync<CorruptDataException>(() => CountAsync(directory))).Message.ShouldContain("does not match its checksum");
    }

    /// <summary>Stores of before the mark have neither it nor checksums of rows; what their log shows is checked all the same.</summary>
    [Fact]
    public async Task A_store_of_the_first_schema_is_taken_over()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 5);
        File.Delete(Mark(directory));
        await ExecuteAsync(
            directory,
            "ALTER TABLE store DROP COLUMN crc; ALTER TABLE replica DROP COLUMN crc; ALTER TABLE snapshot DROP COLUMN crc; PRAGMA user_version = 1");

        (await CountAsync(directory)).ShouldBe(5);
        File.Exists(Mark(directory)).ShouldBeTrue();
        (await ExecuteAsync(directory, "PRAGMA user_version")).ShouldBe(2);
    }

    private static string Wal(string directory) => Path.Combine(directory, "raft.db-wal");

    private static string Database(string directory) => Path.Combine(directory, "raft.db");

    private static string Mark(string directory) => Path.Combine(directory, "raft.mark");

    private static async Task<string> RefusedAsync(string directory, string damage) =>
        (await Should.ThrowAsync<StoreRefusedException>(() => CountAsync(directory), damage)).Message;
}
