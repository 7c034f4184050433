using System.Buffers;
using System.Globalization;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class RequestBodyTests
{
    [Theory]
    [InlineData("""{"by":5}""", 5)]
    [InlineData(""" { "by" : -5 } """, -5)]
    [InlineData("{\r\n\t\"by\":0\n}", 0)]
    [InlineData("""{"\u0062\u0079":7}""", 7)]
    [InlineData("""{"by":9223372036854775807}""", long.MaxValue)]
    [InlineData("""{"by":-9223372036854775808}""", long.MinValue)]
    public void Takes_an_object_with_one_integer(string body, long expected)
    {
        var parsed = Parse(body);

        parsed.Problem.ShouldBeNull();
        parsed.Value.ShouldBe(expected);
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData(" ", "body")]
    [InlineData("{", "body")]
    [InlineData("""{"by":5""", "body")]
    [InlineData("""{"by":5}}""", "body")]
    [InlineData("""{"by":5}{"by":5}""", "body")]
    [InlineData("""{"by":5,}""", "body")]
    [InlineData("""{"by":05}""", "body")]
    [InlineData("""{"by":+5}""", "body")]
    [InlineData("""{"by":NaN}""", "body")]
    [InlineData("""{by:5}""", "body")]
    [InlineData("""{'by':5}""", "body")]
    [InlineData("""{"by":5} // five""", "body")]
    [InlineData("5", "body")]
    [InlineData("null", "body")]
    [InlineData("\"by\"", "body")]
    [InlineData("[5]", "body")]
    [InlineData("{}", "by")]
    [InlineData("""{"by":"5"}""", "by")]
    [InlineData("""{"by":null}""", "by")]
    [InlineData("""{"by":true}""", "by")]
    [InlineData("""{"by":5.0}""", "by")]
    [InlineData("""{"by":5e0}""", "by")]
    [InlineData("""{"by":[5]}""", "by")]
    [InlineData("""{"by":{}}""", "by")]
    [InlineData("""{"by":9223372036854775808}""", "by")]
    [InlineData("""{"by":-9223372036854775809}""", "by")]
    [InlineData("""{"by":1e400}""", "by")]
    [InlineData("""{"by":5,"by":5}""", "by")]
    [InlineData("""{"by":5,"\u0062y":6}""", "by")]
    [InlineData("""{"by":5,"extra":1}""", "extra")]
    [InlineData("""{"extra":{"by":5}}""", "extra")]
    [InlineData("""{"By":5}""", "By")]
    [InlineData("""{"":5}""", "")]
    [InlineData("""{"\ud800":5}""", "body")]
    public void Refuses_anything_else_and_names_what_is_wrong(string body, string field)
    {
        var problem = Parse(body).Problem.ShouldNotBeNull();

        problem.Status.ShouldBe(400);
        problem.Type.ShouldBe("invalid-request");
        problem.Field.ShouldBe(field);
        problem.Definite.ShouldBeTrue();
        problem.Detail.ShouldNotBeEmpty();
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        RequestBody.ParseInt64(new ReadOnlySequence<byte>([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']), "by")
            .Problem.ShouldNotBeNull().Status.ShouldBe(400);
    }

    [Fact]
    public void A_body_that_arrives_in_pieces_is_one_body() =>
        Gen.Select(Gen.Long, Gen.Int[1, 5]).Sample((value, size) =>
            RequestBody.ParseInt64(
                InPieces(Encoding.UTF8.GetBytes($$"""{"by":{{value.ToString(CultureInfo.InvariantCulture)}}}"""), size), "by").Value.ShouldBe(value));

    [Fact]
    public void Damaged_bodies_are_answered_and_never_thrown_at() =>
        Gen.Select(Gen.Int[0, 100], Gen.Byte, Gen.Int[0, 3]).Sample((place, flip, cut) =>
        {
            var body = """{"by":5,"by":-12345678901234567890}"""u8.ToArray();
            body[place % body.Length] ^= flip;

            var parsed = RequestBody.ParseInt64(InPieces(body[..^cut], 3), "by");

            parsed.Problem?.Status.ShouldBe(400);
        });

    private static Checked<long> Parse(string body) => RequestBody.ParseInt64(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), "by");

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int size)
    {
        var first = new Piece(bytes.AsMemory(0, Math.Min(size, bytes.Length)), 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = last.Append(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long start) => (Memory, RunningIndex) = (memory, start);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    [Fact]
    public async Task An_empty_body_of_several_fields_is_told_with_those_that_it_may_have()
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";

        var read = await JsonBody.ReadAsync<int>(context.Request, ["without", "level"], static _ => 0);

        read.Problem.ShouldNotBeNull().Detail.ShouldBe(
            "The body is empty. Send a JSON object; the fields that it may have are without, level.");
    }
}
