using System.Globalization;

namespace OrleansRaft.Integration.Tests.Fuzzing;

/// <summary>Bad bytes from outside are refused: no crash, no hang, and no memory because somebody said that much was coming.</summary>
/// <remarks>
/// ORAFT_FUZZ_SEED chooses the seed; ORAFT_FUZZ_TIMES makes a run that many times longer. The folder <c>corpus</c> holds, for each target, the
/// shortest input that was found for each way in which it refuses: bad inputs are made of these, too. ORAFT_FUZZ_COLLECT names a folder into which a
/// run writes what it found.
/// </remarks>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const long SlackBytes = 512 * 1024;
    private const int BytesForEach = 512;
    private const int SampleLengthMax = 300;
    private const int KeptLengthMax = 24;

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Bad_bytes_are_refused(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var seed = Number("ORAFT_FUZZ_SEED") ?? (Environment.TickCount & 0xFFFFFF);
        var rounds = target.Rounds * (Number("ORAFT_FUZZ_TIMES") ?? 1);
        output.WriteLine($"seed {seed}, {rounds} inputs");

        var cancellation = TestContext.Current.CancellationToken;
        await Task.Run(() => Fuzz(target, seed, rounds), cancellation).WaitAsync(TimeSpan.FromMinutes(30), cancellation);
    }

    /// <summary>What was hard to find once is tried first ever after. A later format may read what this one refuses.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void What_was_refused_once_is_read_or_refused(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var corpus = FuzzCorpus.Of(name);

        corpus.ShouldNotBeEmpty("ORAFT_FUZZ_COLLECT says how to collect one");
        foreach (var input in corpus)
        {
            Refusal(target, [.. input]);
        }
    }

    /// <summary>Of good inputs and of those that are kept: every beginning, and every bit of them turned.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void What_is_cut_short_or_has_a_wrong_bit_is_read_or_refused(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);

        foreach (var sample in target.Samples.Where(static sample => sample.Length <= SampleLengthMax)
            .Concat(FuzzCorpus.Of(name).Where(static kept => kept.Length <= KeptLengthMax)))
        {
            for (var length = 0; length < sample.Length; length++)
            {
                Refusal(target, sample[..length]);
            }

            for (var bit = 0; bit < sample.Length * 8; bit++)
            {
                byte[] turned = [.. sample];
                turned[bit / 8] ^= (byte)(1 << (bit % 8));
                Refusal(target, turned);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Good_bytes_are_read(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);

        foreach (var sample in target.Samples)
        {
            Refusal(target, [.. sample]).ShouldBeNull();
        }
    }

    private static void Fuzz(FuzzTarget target, int seed, int rounds)
    {
        var mutator = new Mutator(seed);
        byte[][] samples = [.. target.Samples, .. FuzzCorpus.Of(target.Name)];
        var found = new FuzzCorpus(target.Name);
        for (var round = 0; round < rounds; round++)
        {
            var input = mutator.Next(samples);
            found.Note(input, Refusal(target, [.. input], $"seed {seed}, round {round}"));
        }

        found.Write();
    }

    /// <summary>How a target refuses an input; null when it reads it. Its memory is bounded by the input's length.</summary>
    private static Exception? Refusal(FuzzTarget target, byte[] input, string? which = null)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Read(target, input);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated < SlackBytes + (BytesForEach * input.Length)
            ? refusal
            : throw new InvalidOperationException($"{target.Name} took {allocated} bytes, {which}: {Convert.ToHexString(input)}");
    }

    private static Exception? Read(FuzzTarget target, byte[] input)
    {
        try
        {
            target.Read(input);
            return null;
        }
        catch (Exception failure) when (target.IsRefusal(failure))
        {
            return failure;
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{target.Name} threw {failure.GetType().Name} at {Convert.ToHexString(input)}", failure);
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
