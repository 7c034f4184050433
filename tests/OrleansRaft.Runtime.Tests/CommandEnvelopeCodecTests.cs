using CsCheck;

namespace OrleansRaft.Runtime.Tests;

public sealed class CommandEnvelopeCodecTests
{
    private static readonly Gen<CommandEnvelope> GenRequest = Gen.Select(
        Gen.String[Gen.Char, 0, 40],
        Gen.Byte.Array[0, 60],
        Gen.Long[0, long.MaxValue],
        Gen.String[Gen.Char.AlphaNumeric, 1, 512],
        (key, body, deadline, id) => CommandEnvelope.ForRequest(WellFormed(key), body, new LogTime(deadline), id));

    private static readonly Gen<CommandEnvelope> GenSession = Gen.Select(
        Gen.String[Gen.Char, 0, 40],
        Gen.Byte.Array[0, 60],
        Gen.Long[1, long.MaxValue],
        Gen.Long[1, long.MaxValue],
        Gen.Long[0, long.MaxValue],
        (key, body, session, sequence, answered) => CommandEnvelope.ForSession(
            WellFormed(key),
            body,
            new LogTime(session / 2),
            new LogIndex(session),
            sequence,
            answered % (sequence == long.MaxValue ? sequence : sequence + 1)));

    private static readonly Gen<CommandEnvelope> GenEnvelope = Gen.OneOf(GenRequest, GenSession);

    [Fact]
    public void What_is_written_is_read_back() => GenEnvelope.Sample(envelope =>
    {
        var read = CommandEnvelopeCodec.Decode(CommandEnvelopeCodec.Encode(envelope));

        read.Body.ToArray().ShouldBe(envelope.Body.ToArray());
        (read with { Body = envelope.Body }).ShouldBe(envelope);
    });

    [Fact]
    public void A_damaged_envelope_is_refused_or_read_but_never_anything_else() =>
        Gen.Select(GenEnvelope, Gen.Int[0, 700], Gen.Byte, Gen.Int[0, 700]).Sample((envelope, place, value, length) =>
        {
            var encoded = CommandEnvelopeCodec.Encode(envelope).ToArray();
            var damaged = encoded[..Math.Min(length, encoded.Length)];
            if (place < damaged.Length)
            {
                damaged[place] = value;
            }

            try
            {
                CommandEnvelopeCodec.Decode(damaged);
            }
            catch (CorruptDataException)
            {
            }
        });

    [Fact]
    public void Any_bytes_are_refused_or_read_but_never_anything_else() => Gen.Byte.Array[0, 80].Sample(bytes =>
    {
        if (bytes.Length > 1)
        {
            (bytes[0], bytes[1]) = (1, (byte)(bytes[1] % 6));
        }

        try
        {
            EnvelopeView.Read(bytes);
        }
        catch (CorruptDataException)
        {
        }
    });

    [Theory]
    [InlineData("", 0, 0, 0)]
    [InlineData("a", 1, 1, 0)]
    [InlineData("", 1, 0, 0)]
    [InlineData("", 1, 2, 3)]
    [InlineData("a", 0, 1, 0)]
    public void A_command_that_names_neither_or_both_ways_of_repetition_is_not_written(string id, long session, long sequence, long answered) =>
        Should.Throw<ArgumentException>(
            () => CommandEnvelopeCodec.Encode(new CommandEnvelope("k", default, default, id, new LogIndex(session), sequence, answered)));

    [Fact]
    public void A_command_beyond_a_limit_is_not_written()
    {
        var longest = CommandEnvelope.ForRequest(
            new string('k', CommandEnvelope.KeyLengthMax), default, default, new string('é', CommandEnvelope.RequestIdLengthMax));

        (CommandEnvelopeCodec.Decode(CommandEnvelopeCodec.Encode(longest)) with { Body = default }).ShouldBe(longest);
        Should.Throw<ArgumentException>(() => CommandEnvelopeCodec.Encode(longest with { Key = longest.Key + "k" }));
        Should.Throw<ArgumentException>(() => CommandEnvelopeCodec.Encode(longest with { RequestId = longest.RequestId + "é" }));
        Should.Throw<ArgumentException>(() => CommandEnvelopeCodec.Encode(longest with { Deadline = new LogTime(-1) }));
    }

    /// <summary>Lone surrogates have no UTF-8.</summary>
    private static string WellFormed(string text) => new([.. text.Where(character => !char.IsSurrogate(character))]);
}
